"""Beside the watch: how far it is, what keeps a broker from getting empty, and the words for it."""
