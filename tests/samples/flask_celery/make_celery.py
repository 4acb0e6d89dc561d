"""Where `celery -A make_celery` finds the app."""

from __future__ import annotations

from shop import create_app

celery_app = create_app().extensions["celery"]
