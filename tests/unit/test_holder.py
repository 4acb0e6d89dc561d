from __future__ import annotations

import os
import subprocess
import sys

import pytest

from migrate import holder


def test_this_process_is_alive_and_named_with_user_host_and_number() -> None:
    me = holder.this_process()

    assert me.startswith(f"{holder.who()} (")
    assert me.endswith(f" pid {os.getpid()}")
    assert not holder.is_dead(me)
    assert holder.living(me) == me


def test_a_process_of_ours_that_has_ended_is_dead() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone = holder.this_process().replace(str(os.getpid()), str(ended.pid))

    assert holder.is_dead(gone)
    assert holder.living(gone) == ""


def test_a_process_of_ours_whose_parent_has_not_heard_of_its_end_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        zombie = holder.process_of_this_machine(process.pid)
        assert not holder.is_dead(zombie)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        assert holder.is_dead(zombie)


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


def test_of_a_process_on_another_machine_of_the_same_name_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    monkeypatch.setattr("uuid.getnode", lambda: 0x001122334455)
    there = holder.this_process().replace(str(os.getpid()), str(ended.pid))
    monkeypatch.undo()

    assert not holder.is_dead(there)
