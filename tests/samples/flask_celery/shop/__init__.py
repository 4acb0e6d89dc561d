"""A shop with Flask and Celery, laid out as https://flask.palletsprojects.com/en/stable/patterns/celery/ shows."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from celery.signals import celeryd_init
from flask import Flask

from shop import views


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(
        CELERY={
            "broker_url": os.environ.get("CLOUDAMQP_URL"),
            "broker_pool_limit": 1,
            "broker_connection_retry_on_startup": True,
            "broker_connection_max_retries": None,
            "task_ignore_result": True,
            "task_always_eager": os.environ.get("CELERY_ALWAYS_EAGER", "").lower() in {"true", "1", "yes"},
        },
    )
    app.register_blueprint(views.orders)
    celery_init_app(app)
    return app


def celery_init_app(app: Flask) -> Celery:
    class FlaskTask(Task):  # type: ignore[misc]  # Celery has no types
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery_app = Celery(app.name, task_cls=FlaskTask)
    celery_app.config_from_object(app.config["CELERY"])
    celery_app.set_default()
    app.extensions["celery"] = celery_app
    return celery_app


@celeryd_init.connect  # type: ignore[untyped-decorator]
def stay_on_the_queue(conf: Any, **_: Any) -> None:
    conf.task_always_eager = False
    conf.eager_outside_workers = True
