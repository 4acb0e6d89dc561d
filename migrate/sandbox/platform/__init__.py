"""The Platform API v3 as HTTP handlers, one file per resource."""
