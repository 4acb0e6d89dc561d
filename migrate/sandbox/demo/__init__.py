"""A small app that uses Celery on CloudAMQP the recommended way, with a ledger of every task.

Procfile -> web (hands canvases to Celery) -> tasks (record each execution); traffic drives web.
"""
