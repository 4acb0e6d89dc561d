"""What CloudAMQP recommends for Celery, as something that an app can import."""
