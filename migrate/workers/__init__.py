"""Celery's workers: how many there must be, whether they rest, what a restart would do, who drains in their place."""
