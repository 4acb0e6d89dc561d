from __future__ import annotations

import os
import subprocess
import sys

import pytest

from migrate import holder


def test_this_process_is_alive_and_named_with_user_host_and_number() -> None:
    me = holder.this_process()

    assert me == f"{holder.who()} pid {os.getpid()}"
    assert not holder.is_dead(me)
    assert holder.living(me) == me


def test_a_process_of_ours_that_has_ended_is_dead() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone = f"{holder.who()} pid {ended.pid}"

    assert holder.is_dead(gone)
    assert holder.living(gone) == ""


@pytest.mark.parametrize("other", ["eve@elsewhere pid 999999", "something else", ""])
def test_of_anybody_elses_process_nothing_is_known(other: str) -> None:
    assert not holder.is_dead(other)
    assert holder.living(other) == other


def test_nobody_is_nobody() -> None:
    assert holder.living(None) == ""


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)

    assert holder.who().startswith(f"uid-{os.getuid()}@")
