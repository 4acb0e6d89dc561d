"""Small stateful stand-ins for what cannot be had, or must fail on demand."""
