"""An app that takes its settings from the module, as its page says."""

from celery import Celery

app = Celery("shop")
app.config_from_object("migrate.advice.settings")
