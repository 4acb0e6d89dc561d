"""How a command listens to signals; what it then does is in tests/e2e/test_operator.py."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import typer

from migrate.cli.speech import speaking
from migrate.clients.heroku_transport import ApiCall
from migrate.events import StepNoted, StepStarted
from migrate.results import nothing_to_do

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.events import Event

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    # Whoever runs the tests under nohup has them begin with SIGHUP ignored.
    before: dict[signal.Signals, Any] = {number: signal.signal(number, signal.SIG_DFL) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "status"), [(NUMBERS[0], 130), (NUMBERS[1], 143), (NUMBERS[2], 129)])
def test_each_signal_ends_a_command_with_its_status(number: signal.Signals, status: int) -> None:
    with pytest.raises(typer.Exit) as ended, speaking(json=True):
        os.kill(os.getpid(), number)

    assert ended.value.exit_code == status


def test_nohup_is_obeyed() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with speaking(json=True):
        os.kill(os.getpid(), signal.SIGHUP)

    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_shell_that_ignores_ctrl_c_for_what_it_runs_in_the_background_is_not() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    with pytest.raises(typer.Exit), speaking(json=True):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_call_is_told_with_the_step_at_hand_but_for_reads(capsys: pytest.CaptureFixture[str]) -> None:
    with speaking(json=True) as speech:
        speech.tell(StepStarted("remove", "Remove the old add-on"))
        for method in ("GET", "DELETE"):
            speech.hear_call(ApiCall(method, "/apps/shop", 200, "", "abc", 0.12345, 41))

    (_, call) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (call["step"], call["method"], call["seconds"]) == ("remove", "DELETE", 0.123)


def test_a_reader_that_has_gone_ends_the_command_at_the_next_event_and_not_at_an_answered_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        with pytest.raises(typer.Exit) as ended, speaking(json=True) as speech:
            speech.hear_call(ApiCall("DELETE", "/apps/shop", 200, "", "abc", 0.1, 41))
            reached = True
            speech.tell(StepNoted("remove", "gone"))

    assert reached
    assert ended.value.exit_code == 129


def test_what_is_mentioned_to_a_reader_that_has_gone_is_no_fault_and_the_next_event_ends_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        with pytest.raises(typer.Exit) as ended, speaking(json=False) as speech:
            speech.mention("The record of events is not written.")
            reached = True
            speech.tell(StepNoted("remove", "gone"))

    assert reached
    assert ended.value.exit_code == 129


class Slow:
    """A listener that takes its time to end, until somebody presses Ctrl-C."""

    def __init__(self) -> None:
        self.closed = 0

    def hear(self, event: Event, migration: str) -> None:
        """Nothing."""

    def close(self) -> None:
        self.closed += 1
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(20)


def test_ctrl_c_while_listeners_end_takes_neither_the_result_nor_its_status(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = Slow(), Slow()
    with pytest.raises(typer.Exit) as ended, speaking(json=True) as speech:
        speech.listeners += (first, second)
        speech.end(nothing_to_do("This was a dry run."))

    assert (ended.value.exit_code, first.closed, second.closed) == (0, 1, 1)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["code"] == "NOTHING_TO_DO"
