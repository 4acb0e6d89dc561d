"""The steps: one a file, each previewed, done, verified, undone."""
