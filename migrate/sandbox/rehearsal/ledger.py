"""What an app handed to Celery and what became of it, in one file that survives a kill -9.

A task's life in records: `handed` when it is given to Celery, `refused` if the publish raised, `started` at
every try, `retried` when a try ends in a retry, `finished` when the work is done. An app that knows of the
ledger writes them itself, with `Ledger`. For any other one the recorder does (recorder/celery_recorder.py); it
also writes `offered` before a publish, with the tasks that the message carries on, and `revoked` when a worker
lets a task go. `read` gives the records back, and judgement.py judges them.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from migrate.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrate.clock import Clock

Where = Literal["worker", "inline"]
Record = dict[str, Any]


class Ledger:
    """The writing side: one `os.write` on an O_APPEND descriptor per record.

    Threads, prefork children and their successors append to the same file without a lock, and what
    was written before a SIGKILL stays written.
    """

    def __init__(self, path: Path, dyno: str = "", clock: Clock | None = None) -> None:
        self.path = path
        self.dyno = dyno
        self._clock = clock or SystemClock()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def handed(self, task_id: str, name: str, canvas: str) -> None:
        """Record that a task is about to be handed to Celery, under a name that begins with its kind."""
        self._append({"what": "handed", "id": task_id, "name": name, "canvas": canvas})

    def refused(self, task_id: str) -> None:
        """Record that publishing a task raised, so that its caller knows that it was not taken."""
        self._append({"what": "refused", "id": task_id})

    @contextmanager
    def running(self, task_id: str, where: Where) -> Iterator[None]:
        """Record the start of a try and, if the block ends without an exception, that it finished."""
        self._append({"what": "started", "id": task_id, "where": where})
        yield
        self._append({"what": "finished", "id": task_id, "where": where})

    def retried(self, task_id: str) -> None:
        """Record that the try at hand ends here and that another one has been asked for."""
        self._append({"what": "retried", "id": task_id})

    def _append(self, record: Record) -> None:
        stamped = record | {"time": round(self._clock.now().timestamp(), 3), "dyno": self.dyno}
        # The newline in front ends a record that another process was killed in the middle of.
        data = f"\n{json.dumps(stamped)}\n".encode()
        if os.write(self._descriptor, data) != len(data):
            raise OSError(f"{self.path}: a record was cut short; is the disk full?")


def read(path: Path) -> tuple[list[Record], tuple[str, ...]]:
    """Given the path of a ledger, return its records, and which of its lines cannot be read."""
    numbered = enumerate(path.read_bytes().split(b"\n"), start=1)
    parsed = [(number, _parsed(text)) for number, text in numbered if text]
    torn = tuple(f"line {number}" for number, record in parsed if record is None)
    return [record for _, record in parsed if record is not None], torn


def _parsed(text: bytes) -> Record | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) and {"what", "id"} <= record.keys() else None
