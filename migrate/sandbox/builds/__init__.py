"""From source code to a slug and its release."""
