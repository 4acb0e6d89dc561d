"""Dynos: real processes with what Heroku gives them, from their start to their end."""
