from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from migrate.clients.webhook import WebhookFailed
from migrate.events import EffectRequested, Event, HeldAtGate, MigrationStarted, Result, StepDone
from migrate.exits import Exit
from migrate.listeners import notifier as notifier_module
from migrate.listeners.notifier import Notifier
from migrate.secrets import Secret

if TYPE_CHECKING:
    import pytest

ID = "mig-7f3k2q"
STARTED = MigrationStarted("shop", "a", "cloudamqp:lemur", "cloudamqp:bunny", "documented", ("drain",), resumed=False)
DONE = Result(Exit.DONE, "DONE", "shop was moved.", "", "shop runs on cloudamqp:bunny.", ())
CANARY = "canary p@ss/w0rd-for-a-chat"


class Chat:
    def __init__(self, *, fails: bool = False, hangs: bool = False) -> None:
        self.texts: list[str] = []
        self._fails = fails
        self.free = threading.Event()
        if not hangs:
            self.free.set()

    def post(self, text: str) -> None:
        self.free.wait(30)
        if self._fails:
            raise WebhookFailed("it answered HTTP 500")
        self.texts.append(text)


def told(chat: Chat, *events: Event) -> list[str]:
    said: list[str] = []
    notifier = Notifier(chat, "ada@laptop", said.append)
    for event in events:
        notifier.hear(event, ID)
    notifier.close()
    return said


def test_whoever_does_not_watch_hears_of_what_matters_and_of_nothing_else() -> None:
    held = HeldAtGate("remove", f"migrate-plan continue {ID}", 3600, "The old add-on is in place.", "", "")
    chat = Chat()

    assert told(chat, STARTED, StepDone("drain", 1.0), held, EffectRequested("remove", "remove"), DONE) == []

    assert chat.texts == [
        f"shop (cloudamqp:lemur to cloudamqp:bunny, {ID}): {text}"
        for text in (
            "started by ada@laptop",
            f"waits for you before remove. The old add-on is in place. To go on: migrate-plan continue {ID}",
            "removing the old add-on now; there is no way back from here",
            "done. shop runs on cloudamqp:bunny.",
        )
    ]


def test_a_stop_is_told_with_its_code_the_state_and_what_to_type() -> None:
    chat = Chat()
    stopped = Result(
        Exit.RESUMABLE, "NOT_DRAINED", "It is not empty.", "4 left.", "Eager.", (f"migrate-plan resume {ID}",)
    )

    told(chat, STARTED, stopped)

    assert chat.texts[-1].endswith(
        f"stopped [NOT_DRAINED, exit 3]. It is not empty. 4 left. Eager. Next: migrate-plan resume {ID}"
    )


def test_a_command_that_is_about_no_migration_is_not_told() -> None:
    chat = Chat()

    told(chat, DONE)

    assert chat.texts == []


def test_no_secret_is_sent() -> None:
    Secret(CANARY)
    chat = Chat()

    told(chat, STARTED, Result(Exit.FAILED, "X", f"it is {CANARY}", "", "", ()))

    assert "canary" not in chat.texts[-1]


def test_a_receiver_that_fails_is_said_once() -> None:
    said = told(Chat(fails=True), STARTED, EffectRequested("remove", "remove"), DONE)

    assert said == ["Not everything could be sent to --notify: it answered HTTP 500. The migration goes on."]


def test_a_receiver_that_hangs_delays_neither_the_run_nor_for_long_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_module, "CLOSING_SECONDS", 0.05)
    chat, began = Chat(hangs=True), time.monotonic()

    (said,) = told(chat, STARTED, *[EffectRequested("remove", "remove")] * 100)

    assert time.monotonic() - began < 20
    assert "slow" in said or "within" in said
    chat.free.set()
