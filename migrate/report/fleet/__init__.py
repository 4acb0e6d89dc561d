"""The page about a fleet: how each app stands and what is recorded of it, as values, charts, HTML and Markdown."""
