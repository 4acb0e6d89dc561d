"""The store, on each database that it knows."""
