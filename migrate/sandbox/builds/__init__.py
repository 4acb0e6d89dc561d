"""From source code to a slug and its release: builds, and the git repositories that are pushed to."""
