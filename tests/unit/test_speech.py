"""How a command listens to signals; what it then does is in tests/e2e/test_operator.py."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
import typer

from migrate.cli.speech import speaking

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in NUMBERS}
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
