"""A shop with Django and Celery, laid out as Celery's docs show.

https://docs.celeryq.dev/en/stable/django/first-steps-with-django.html
"""

from __future__ import annotations

from .celery import app as celery_app

__all__ = ("celery_app",)
