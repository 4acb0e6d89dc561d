"""The only code that does network I/O: Heroku, RabbitMQ's management API, Celery's remote control."""
