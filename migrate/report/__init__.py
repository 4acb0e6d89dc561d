"""One self-contained HTML page about a migration: from its events to values, from these to charts and a page."""
