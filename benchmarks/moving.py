"""Moves the demo app by a strategy, with so many tasks in its queue, in a sandbox of its own; what both sides saw."""

from __future__ import annotations

import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from celery import Celery
from e2e.stage import Finished, Stage, finish, until

from migrate.clock import SystemClock
from migrate.exits import Exit
from migrate.sandbox.journal import EVENTS, read
from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.rehearsal import ledger
from migrate.sandbox.rehearsal.judgement import judge
from migrate.sandbox.rehearsal.rehearsal import ledger_of
from migrate.sandbox.settings import SandboxSettings
from migrate.store.event_log import EventLog
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

Event = dict[str, Any]

PLANS: Final[Mapping[str, str]] = {"in-place": "tiger"}
"""In place an app can only be moved among shared plans, or among dedicated ones."""
PLAN: Final = "bunny"
LONGEST_SECONDS: Final = 1200
STORE: Final = "migrations.sqlite3"
_ATTEMPTS: Final = 20


@dataclass(frozen=True)
class Moved:
    """One migration."""

    strategy: str
    recorded: tuple[Event, ...]
    """The program's own record: every event, its calls of Heroku's API too."""
    journal: tuple[Event, ...]
    """What the sandbox has written down of the app, and of the time of the migration alone."""
    ledger: tuple[Event, ...]
    begin: float
    """In seconds since 1970, like all times here."""
    end: float
    asked: int
    """Calls of Heroku's API while it went on, as the sandbox has counted them."""

    @property
    def seconds(self) -> float:
        """From its begin to its end."""
        return self.end - self.begin


def moved(strategy: str, tasks: int, seconds: float) -> Moved:
    """Move a fresh app with so many tasks of so many seconds each in its queue; no task may be lost or doubled."""
    with throwaway(SandboxSettings(rate_limit=1_000_000)) as address, tempfile.TemporaryDirectory() as home:
        stage = Stage(address, Path(home))
        stage.settled()
        fill(stage, tasks, seconds)
        begin, ended = _migrated(stage, strategy)
        end = time.time()
        if ended.status != Exit.DONE:
            raise SystemExit(ended.out + ended.err)
        until(lambda: judge(ledger_of(address)).clean)
        events = [item for item in read(address.directory / EVENTS) if item.get("app") == stage.app]
        calls = [item for item in stage.requests() if begin <= item["time"] <= end]
        return Moved(
            strategy,
            _record(stage.home / STORE),
            tuple(item for item in events if begin <= item["time"] <= end),
            tuple(ledger.read(ledger_of(address))[0]),
            begin,
            end,
            len(calls),
        )


def fill(stage: Stage, tasks: int, seconds: float) -> None:
    """Have so many tasks in the queue of an app whose worker has just started."""
    scale(stage, 0)
    book = ledger.Ledger(ledger_of(stage.address))
    celery = Celery(broker=stage.call("GET", "+/config-vars")["CLOUDAMQP_URL"])
    with celery.producer_pool.acquire(block=True) as producer:
        for _ in range(tasks):
            task_id = f"single-{uuid.uuid4().hex[:12]}"
            book.handed(task_id, "single.task", task_id)
            celery.send_task("demo.work", (task_id, seconds), task_id=task_id, producer=producer, ignore_result=True)
    celery.close()
    scale(stage, 1)


def scale(stage: Stage, workers: int) -> None:
    """Scale the app's workers and see it done."""
    stage.call("PATCH", "+/formation", {"updates": [{"type": "worker", "quantity": workers}]})
    until(lambda: sum(d["type"] == "worker" and d["state"] == "up" for d in stage.call("GET", "+/dynos")) == workers)


def _migrated(stage: Stage, strategy: str) -> tuple[float, Finished]:
    """Return when the migration began, and its end; nothing is changed before the worker answers."""
    words = ("--to", PLANS.get(strategy, PLAN), "--strategy", strategy, "--confirm", stage.app, "--json")
    for _ in range(_ATTEMPTS):
        began = time.time()
        ended = finish(stage.start(*words, MIGRATE_STORE=f"sqlite:///{stage.home / STORE}"), LONGEST_SECONDS)
        if ended.status != Exit.REFUSED:
            break
    return began, ended


def _record(path: Path) -> tuple[Event, ...]:
    store = Store(f"sqlite:///{path}", SystemClock())
    try:
        (migration,) = store.all()
        return tuple(dict(item.body) for item in EventLog(store).read(migration.migration.id))
    finally:
        store.engine.dispose()
