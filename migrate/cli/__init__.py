"""The commands: parse, build, call, exit. No decision lives here."""
