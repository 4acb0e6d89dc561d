"""Carrying over what cannot drain: from the old broker to a file, from there to the new broker, nothing lost."""
