"""Celery's settings as CloudAMQP recommends them, read from the config vars.

The page behind them: https://www.cloudamqp.com/docs/celery.html
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_BROKER: Final = "amqp://no-broker@127.0.0.1:1//"
"""Where nothing listens; Celery's own default, guest on localhost, may be somebody else's broker."""

TRUE_WORDS: Final = frozenset({"true", "1", "yes"})
FALSE_WORDS: Final = frozenset({"false", "0", "no", ""})


def celery_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Given the config vars, return Celery's settings; raise ValueError if one cannot be understood."""
    return {
        "broker_url": environ.get("CLOUDAMQP_URL") or NO_BROKER,
        "broker_pool_limit": 1,
        "broker_heartbeat": None,
        "broker_connection_timeout": 30,
        "worker_send_task_events": False,
        "event_queue_expires": 60,
        # The app boots, and its workers wait, while the add-on is being replaced.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A publish has succeeded when the broker says so, not when the socket took the bytes.
        "broker_transport_options": {"confirm_publish": True},
        "task_always_eager": eager_asked_for(environ.get("CELERY_ALWAYS_EAGER", "")),
        # No setting of Celery's: a promise, readable with `celery inspect conf`, that tasks.py keeps.
        **({} if eager_everywhere(environ) else {"eager_outside_workers": True}),
        "task_ignore_result": True,
        **result_settings(ledger_path(environ).parent),
    }


def eager_asked_for(value: str) -> bool:
    """Given CELERY_ALWAYS_EAGER, return what it means; bool("False") would be true."""
    word = value.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"CELERY_ALWAYS_EAGER is {value!r}; use True or False")


def eager_everywhere(environ: Mapping[str, str]) -> bool:
    """Given the config vars, return whether the demo is to be one of the apps whose workers turn eager as well."""
    return bool(environ.get("EAGER_EVERYWHERE"))


def result_settings(directory: Path) -> dict[str, Any]:
    """Given a directory, return the settings of a result backend in it; chords need one.

    SQLite, because several workers on one machine share it and a row is there or not. Celery's file
    backend writes in place: a poll that meets a half-written result ends the chord with an error.
    """
    return {
        "result_backend": f"db+sqlite:///{directory / 'results.sqlite'}",
        "database_engine_options": {"connect_args": {"timeout": 60}},
    }


def ledger_path(environ: Mapping[str, str]) -> Path:
    """Given the config vars, return the path of the ledger."""
    try:
        return Path(environ["LEDGER_PATH"]).resolve()
    except KeyError as error:
        raise ValueError("LEDGER_PATH is not set; it names the file that records every task") from error
