"""Many apps to one plan: which may start when, by whom, and what becomes of them. The steps are those of one app."""
