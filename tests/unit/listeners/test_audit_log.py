from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock

from migrate.clients.audit_file import AuditFile
from migrate.events import ApiCalled, EffectRequested, Event, MigrationStarted, StepNoted, StepWaiting
from migrate.listeners.audit_log import AuditLog
from migrate.secrets import Secret

if TYPE_CHECKING:
    from pathlib import Path

STARTED = MigrationStarted("shop", "a", "cloudamqp:lemur", "cloudamqp:bunny", "documented", ("drain",), resumed=False)
CANARY = 'Canary"p@ss/audit'


class Full:
    def append(self, _line: str) -> None:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        pass


def written(path: Path, *events: Event) -> list[dict[str, object]]:
    log = AuditLog(AuditFile(path), FakeClock(), "ada@laptop", pytest.fail)
    for event in events:
        log.hear(event, "mig-7f3k2q")
    log.close()
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_says_who_did_what_and_when_to_which_app(tmp_path: Path) -> None:
    call = ApiCalled("remove", "DELETE", "/apps/shop/addons/a", 200, "", "abc-def", 0.1, 41)
    _, requested, called = written(tmp_path / "audit", STARTED, EffectRequested("remove", "remove"), call)

    assert requested == {
        "v": 1,
        "type": "effect.requested",
        "time": "2026-11-24T12:00:00.000+00:00",
        "migration": "mig-7f3k2q",
        "app": "shop",
        "who": "ada",
        "host": "laptop",
        "pid": os.getpid(),
        "step": "remove",
        "effect": "remove",
        "request_id": "",
        "event": {},
    }
    assert called["request_id"] == "abc-def"


def test_looks_and_reads_are_not_in_it(tmp_path: Path) -> None:
    read = ApiCalled("drain", "GET", "/apps/shop", 200, "", "abc", 0.1, 41)

    assert len(written(tmp_path / "audit", STARTED, StepWaiting("drain", "42 messages left"), read)) == 1


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    Secret(CANARY)
    written(tmp_path / "audit", StepNoted("drain", f"it is {CANARY}"))

    assert "p@ss" not in (tmp_path / "audit").read_text()


def test_a_write_that_fails_is_said_once_and_stops_nobody() -> None:
    said: list[str] = []
    log = AuditLog(Full(), FakeClock(), "ada@laptop", said.append)
    for number in range(3):
        log.hear(StepNoted("drain", f"{number}"), "mig-7f3k2q")

    assert said == ["The audit log has a gap from here on (No space left on device). The migration goes on."]
