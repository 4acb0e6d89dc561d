"""The logs of apps: what dynos print, and what the platform says of them."""
