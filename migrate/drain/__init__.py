"""Proving that a broker is empty: who empties it, how it is watched, and the verdict."""
