"""Which of an app's settings advice is about: no other leaves a worker's answer, and none with a secret in it.

Names: https://docs.celeryq.dev/en/stable/userguide/configuration.html#new-lowercase-settings
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "broker_url": ("broker_url",),
    "broker_read_url": ("broker_read_url",),
    "broker_write_url": ("broker_write_url",),
    "broker_pool_limit": ("broker_pool_limit",),
    "broker_heartbeat": ("broker_heartbeat",),
    "broker_connection_timeout": ("broker_connection_timeout",),
    "result_backend": ("result_backend",),
    "worker_send_task_events": ("worker_send_task_events", "celery_send_events", "celeryd_send_events"),
    "event_queue_expires": ("event_queue_expires",),
    "task_always_eager": ("task_always_eager", "celery_always_eager"),
    "eager_outside_workers": ("eager_outside_workers",),
    "worker_concurrency": ("worker_concurrency", "celeryd_concurrency"),
    "worker_prefetch_multiplier": ("worker_prefetch_multiplier", "celeryd_prefetch_multiplier"),
    "task_default_queue_type": ("task_default_queue_type",),
    "worker_enable_remote_control": ("worker_enable_remote_control", "celery_enable_remote_control"),
    "control_queue_exclusive": ("control_queue_exclusive",),
    "event_queue_exclusive": ("event_queue_exclusive",),
    "task_acks_late": ("task_acks_late", "celery_acks_late"),
    "task_reject_on_worker_lost": ("task_reject_on_worker_lost", "celeryd_reject_on_worker_lost"),
}
"""By today's name: how a key ends, in small letters. An app may put its own namespace before any of them."""
_BROKERS: Final = frozenset({"broker_url", "broker_read_url", "broker_write_url"})


NOT_SHOWN: Final = "not shown"
"""Stands for a value that is no number, no yes or no and no short word."""
_VHOST: Final = re.compile(r"[\w./ -]{1,128}")
_PLACE: Final = re.compile(r"[\w.-]{1,253}/[\w./ -]{1,128}")
"""What was taken from a URL before."""
_WORD: Final = re.compile(r"[\w.+-]{0,24}")


def kept(settings: Mapping[str, object]) -> dict[str, object]:
    """Given settings under whatever names, return those that advice is about, by today's names.

    A broker's URL is kept as host and vhost, a result backend as its scheme. What is not among the given settings is
    not in the answer: a worker's answer leaves out what has its default.
    """
    found: dict[str, object] = {}
    for name, endings in NAMES.items():
        keys = [key for key in settings if _is(key, endings)]
        if keys:
            # Where a worker has changed one of its settings, Celery's own name has what it is now.
            found[name] = _harmless(name, settings[name if name in keys else keys[0]])
    return found


def _is(key: str, endings: tuple[str, ...]) -> bool:
    small = key.lower()
    return any(small == ending or small.endswith(f"_{ending}") for ending in endings)


def _harmless(name: str, value: object) -> object:
    if name in _BROKERS:
        return _place(value)
    if name == "result_backend" and isinstance(value, str):
        return _plain(value.partition(":")[0])
    return _plain(value)


def _place(value: object) -> object:
    if not isinstance(value, str):
        return None if value is None else NOT_SHOWN
    if _PLACE.fullmatch(value):
        return value
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return NOT_SHOWN
    if "@" in value and "@" not in parts.netloc:
        return NOT_SHOWN  # a sign in the password has ended the host before it began
    vhost = unquote(parts.path[1:]) or "/"
    return f"{host}/{vhost}" if host and _VHOST.fullmatch(vhost) else NOT_SHOWN


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value if isinstance(value, str) and _WORD.fullmatch(value) else NOT_SHOWN
