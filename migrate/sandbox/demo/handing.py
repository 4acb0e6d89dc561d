"""Handing a canvas to Celery so that the ledger knows what was taken and what was not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from celery.signals import after_task_publish

from migrate.sandbox.demo.tasks import ledger

if TYPE_CHECKING:
    from migrate.sandbox.demo.canvases import Canvas


class RefusedError(Exception):
    """The canvas, or a part of it, could not be published."""


class _Published(threading.local):
    """The ids of the messages that this thread has published for the canvas at hand."""

    ids: frozenset[str] = frozenset()


_published = _Published()


@after_task_publish.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _remember(headers: dict[str, Any], **_: Any) -> None:
    _published.ids |= {headers["id"]}


def hand_over(canvas: Canvas) -> None:
    """Record a canvas as handed over and publish it; raise RefusedError if that failed.

    A group is several messages. If the broker goes away between two of them, those already
    published stay handed over, and only tasks that no published message carries are refused.
    """
    for entry in canvas.entries:
        ledger.handed(entry.id, entry.name, canvas.id)
    _published.ids = frozenset()
    try:
        canvas.signature.apply_async()
    except Exception as error:
        for entry in canvas.entries:
            if not _published.ids.issuperset(entry.carried_by):
                ledger.refused(entry.id)
        raise RefusedError(f"{canvas.id} was not published: {type(error).__name__}") from error
