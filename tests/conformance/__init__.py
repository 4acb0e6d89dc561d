"""The sandbox judged by programs that know the real Heroku: its CLI, and the schema of its Platform API."""
