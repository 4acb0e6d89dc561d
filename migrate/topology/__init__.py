"""What somebody made in a vhost beside what Celery makes: read, saved, made again on another broker."""
