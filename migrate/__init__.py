"""Move a Heroku app's CloudAMQP add-on to another plan without losing a Celery task."""

__version__ = "0.1.0"
