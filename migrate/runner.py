"""The machine: intent, do, verify, record."""
