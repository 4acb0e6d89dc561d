"""Writes what becomes of each task, by Celery's signals, from inside the app's processes.

https://docs.celeryq.dev/en/stable/userguide/signals.html. The records are those of ledger.py in the directory
above, from which nothing can be imported here: this runs in the app's interpreter, on Celery 4.4 or newer.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class AtWork(threading.local):
    """The tasks that this thread (or greenlet) is inside of."""

    def __init__(self) -> None:
        self.tries: dict[str, list[bool]] = {}
        """By id, for each try from the outermost: whether it has passed the id on."""

    def enter(self, task_id: str) -> None:
        """Begin a try."""
        self.tries.setdefault(task_id, []).append(False)

    def pass_on(self, task_id: str) -> None:
        """Note that another message, or a task within this one, goes on under the id: a retry or a replacement."""
        if task_id in self.tries:
            self.tries[task_id][-1] = True

    def leave(self, task_id: str) -> bool:
        """End the innermost try and return whether it has passed its id on."""
        tries = self.tries.get(task_id, [False])
        passed_on = tries.pop()
        if not tries:
            self.tries.pop(task_id, None)
        return passed_on


class Recorder:
    """Receives signals and appends records; one `os.write` each, so that no process disturbs another."""

    def __init__(self, ledger: str, dyno: str) -> None:
        self._ledger = ledger
        self._dyno = dyno
        self._at_work = AtWork()
        self._out_of_time: set[str] = set()

    def offered(self, sender: str, body: Any, headers: Mapping[str, Any], **_: Any) -> None:
        """Record that a task is about to be published, with the ids of those that its message carries on."""
        task_id = _id(headers, body)
        carried = promised(task_id, body if isinstance(body, dict) else body[2])
        for known in (task_id, *(item["id"] for item in carried)):
            self._at_work.pass_on(known)
        expires = (body if isinstance(body, dict) else headers).get("expires")
        self._append("offered", task_id, name=sender, promised=carried, expires=expires)

    def handed(self, sender: str, body: Any, headers: Mapping[str, Any], **_: Any) -> None:
        """Record that the broker, or the socket to it, took a task."""
        self._append("handed", _id(headers, body), name=sender)

    def started(self, task_id: str, task: Any, **_: Any) -> None:
        """Record the start of a try; one within its caller was handed over just then."""
        self._at_work.pass_on(task_id)
        self._at_work.enter(task_id)
        if task.request.is_eager:
            self._append("handed", task_id, name=task.name)
        self._append("started", task_id, name=task.name, where=_where(task))

    def ended(self, task_id: str, task: Any, retval: Any = None, state: str | None = None, **_: Any) -> None:
        """Record the end of a try, unless it was cut short by something that is no error of the task."""
        passed_on = self._at_work.leave(task_id)
        outcome = state or _outcome(sys.exc_info()[1])
        if outcome is None:
            return
        requeued = outcome == "REJECTED" and getattr(retval, "requeue", False)
        if passed_on or requeued or outcome == "RETRY":
            self._append("retried", task_id)
        else:
            self._append("finished", task_id, where=_where(task), state=outcome)

    def failed(self, task_id: str, exception: BaseException, **_: Any) -> None:
        """Record the end of a task whose process was killed at its hard time limit: no other signal tells.

        Celery 5.7 sends this one twice, before and after it kills the process.
        """
        if type(exception).__name__ == "TimeLimitExceeded" and task_id not in self._out_of_time:
            self._out_of_time.add(task_id)
            self._append("finished", task_id, where="worker", state="FAILURE")

    def revoked(self, request: Any, **_: Any) -> None:
        """Record that a worker let a task go because it was revoked, or had expired on its way to the worker."""
        self._append("revoked", request.id)

    def begun(self) -> None:
        """Record that this process has Celery, for the one who wonders why nothing is counted."""
        self._append("recording", self._dyno)

    def _append(self, what: str, of: str, **details: Any) -> None:
        record = {"what": what, "id": of, **details, "time": round(time.time(), 3), "dyno": self._dyno}
        # Opened each time: what makes itself a daemon closes descriptors that it does not know.
        descriptor = os.open(self._ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, f"\n{json.dumps(record)}\n".encode())
        finally:
            os.close(descriptor)


def connect(signals: Any, environ: Mapping[str, str]) -> None:
    """Given the module `celery.signals` and the environment, record from now on; without a ledger do nothing."""
    if "TASK_LEDGER" not in environ:
        return
    recorder = Recorder(environ["TASK_LEDGER"], environ.get("DYNO", ""))
    signals.before_task_publish.connect(recorder.offered, weak=False)
    signals.after_task_publish.connect(recorder.handed, weak=False)
    signals.task_prerun.connect(recorder.started, weak=False)
    signals.task_postrun.connect(recorder.ended, weak=False)
    signals.task_failure.connect(recorder.failed, weak=False)
    signals.task_revoked.connect(recorder.revoked, weak=False)
    recorder.begun()


def promised(task_id: str, embed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Given a task and what its message embeds, return the tasks that must follow, each with those it waits for.

    A callback that has no id yet is left out: Celery gives it one when it is published.
    """
    found: list[dict[str, Any]] = []
    exits = [task_id]
    for step in reversed(embed.get("chain") or ()):  # in the message the next one is the last
        exits = _follow(step, exits, found)
    for callback in embed.get("callbacks") or ():
        _follow(callback, [task_id], found)
    if embed.get("chord"):
        _follow(embed["chord"], [task_id], found)
    return found


def _follow(signature: Mapping[str, Any], after: list[str], found: list[dict[str, Any]]) -> list[str]:
    """Add the tasks of a signature to those found, and return the ids of its last ones."""
    exits = _inside(signature, after, found)
    options = signature.get("options") or {}
    for callback in options.get("link") or ():
        _follow(callback, exits, found)
    if options.get("chord"):
        _follow(options["chord"], exits, found)
    return exits


def _inside(signature: Mapping[str, Any], after: list[str], found: list[dict[str, Any]]) -> list[str]:
    kind, inner = signature.get("subtask_type"), signature.get("kwargs") or {}
    if kind == "chain":
        for step in inner["tasks"]:
            after = _follow(step, after, found)
        return after
    if kind == "group":
        return _all(inner["tasks"], after, found)
    if kind == "chord":
        header = inner["header"]
        members = header["kwargs"]["tasks"] if isinstance(header, dict) else header
        return _follow(inner["body"], _all(members, after, found), found)
    task_id = signature["options"].get("task_id")
    if task_id:
        found.append({"id": task_id, "name": signature["task"], "after": after})
    return [task_id or ""]


def _all(signatures: Iterable[Any], after: list[str], found: list[dict[str, Any]]) -> list[str]:
    return [last for signature in signatures for last in _follow(signature, after, found)]


def _id(headers: Mapping[str, Any], body: Any) -> str:
    # Protocol 1 has the id in the body: https://docs.celeryq.dev/en/stable/internals/protocol.html
    return str(body["id"] if isinstance(body, dict) else headers["id"])


def _where(task: Any) -> str:
    return "inline" if task.request.is_eager else "worker"


def _outcome(error: BaseException | None) -> str | None:
    """Given what flies through a task that lets its exceptions out (task_eager_propagates), return its state."""
    if not isinstance(error, Exception):
        return None
    return "RETRY" if type(error).__name__ == "Retry" else "FAILURE"
