"""Other ways on than forward: held, undone, given up, taken over, to another plan."""
