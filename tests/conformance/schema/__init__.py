"""What Heroku's own schema of the Platform API says of our client, the CLI and the sandbox."""
