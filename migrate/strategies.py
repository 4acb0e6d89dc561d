"""The strategies: each an ordered tuple of steps."""
