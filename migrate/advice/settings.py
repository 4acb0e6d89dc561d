"""Celery's settings as CloudAMQP recommends them, for an app on Heroku to import.

Plain Celery, with the broker in CLOUDAMQP_URL::

    app.config_from_object("migrate.advice.settings")

With another attachment, or settings of one's own beside::

    app.conf.update(recommended(attachment="RABBIT", task_acks_late=True))

Django, in settings.py, with ``app.config_from_object("django.conf:settings", namespace="CELERY")``::

    globals().update(django_settings())

Whichever way, an app turns eager by CELERY_ALWAYS_EAGER and its workers do not: an eager worker that drains a chain
loses the rest of it. They say so, for migrate-plan to see, in ``eager_outside_workers``.
Page: https://www.cloudamqp.com/docs/celery.html, in the names that Celery has had since 4.0.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

from celery.signals import celeryd_init

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_BROKER = "amqp://no-broker@127.0.0.1:1//"
"""Where nothing listens: what a dyno gets while the add-on is replaced. Celery's own default, guest on localhost,
might be somebody else's broker; off Heroku it is left as it is."""

OLD_NAMES: Mapping[str, str] = {
    "BROKER_URL": "broker_url",
    "BROKER_POOL_LIMIT": "broker_pool_limit",
    "BROKER_HEARTBEAT": "broker_heartbeat",
    "BROKER_CONNECTION_TIMEOUT": "broker_connection_timeout",
    "CELERY_RESULT_BACKEND": "result_backend",
    "CELERY_SEND_EVENTS": "worker_send_task_events",
    "CELERY_EVENT_QUEUE_EXPIRES": "event_queue_expires",
    "CELERY_ALWAYS_EAGER": "task_always_eager",
}
"""The page's names, which are those of Celery 3, and today's."""

_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"", "false", "0", "no"})


def recommended(
    environ: Mapping[str, str] = os.environ, *, attachment: str = "CLOUDAMQP", **own: Any
) -> dict[str, Any]:
    """Given the environment, the add-on's attachment and settings of one's own, return Celery's settings.

    Own settings win. The page's old names are understood, with a warning that has the new one. Raises ValueError
    for a CELERY_ALWAYS_EAGER that is neither yes nor no, for a setting that is given under both of its names, and
    for an old name that is not the page's: Celery itself would refuse the mixture later, with no word on which.
    """
    settings: dict[str, Any] = {
        "broker_pool_limit": 1,
        "broker_heartbeat": None,
        "broker_connection_timeout": 30,
        "result_backend": None,
        "worker_send_task_events": False,
        "event_queue_expires": 60,
        # Workers wait, instead of ending, while the add-on is replaced.
        "broker_connection_retry_on_startup": True,
        "task_always_eager": eager_asked_for(environ.get("CELERY_ALWAYS_EAGER", "")),
    }
    if url := environ.get(f"{attachment}_URL") or (NO_BROKER if "DYNO" in environ else None):
        settings["broker_url"] = url
    return settings | _in_new_names(own)


def django_settings(
    environ: Mapping[str, str] = os.environ, *, attachment: str = "CLOUDAMQP", namespace: str = "CELERY", **own: Any
) -> dict[str, Any]:
    """Given the same and the namespace that the Celery app is configured with, return the same for settings.py."""
    settings = recommended(environ, attachment=attachment, **own)
    return {f"{namespace}_{name.upper()}": value for name, value in settings.items()}


def eager_asked_for(value: str) -> bool:
    """Given CELERY_ALWAYS_EAGER, return what it means; raises ValueError. ``bool("False")`` would be true."""
    word = value.strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(f"CELERY_ALWAYS_EAGER is {value!r}; it may be True, 1, yes, False, 0 or no, or not be set.")


def _in_new_names(own: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in own.items():
        if name.isupper() and name not in OLD_NAMES:
            raise ValueError(f"{name} is no name of Celery's today; `celery upgrade settings FILE` has the new ones.")
        new = OLD_NAMES.get(name, name)
        if new in found:
            raise ValueError(f"{new} is given twice: {name} is an old name of it. Keep {new}.")
        if new != name:
            warnings.warn(f"{name} has been {new} since Celery 4.", DeprecationWarning, stacklevel=3)
        found[new] = value
    return found


def _stay_on_the_queue(conf: Any, **_: Any) -> None:
    conf.task_always_eager = False
    conf.eager_outside_workers = True


# Sent in `celery worker` alone, before its children are forked.
celeryd_init.connect(_stay_on_the_queue)


# For config_from_object, which reads a module's own names.
globals().update(recommended())
