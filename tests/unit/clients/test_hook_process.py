"""Hooks as real processes: what they are handed, when they are killed, and what is left of them."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import pytest
from fakes.children import children

from migrate.clients import hook_process
from migrate.clients.hook_process import Hook, without_secrets
from migrate.secrets import Secret

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary p@ss/w0rd-in-a-hook"


def until_gone(pid: int) -> None:
    for _ in range(1000):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.01)
    pytest.fail("it still runs")


def test_a_hook_is_handed_the_event_and_its_environment(tmp_path: Path) -> None:
    out = tmp_path / "out"
    hook = Hook(f'cat > {out}; echo "$MIGRATE_EVENT $MIGRATE_STEP" >> {out}')

    assert hook.run(json.dumps({"type": "step.done"}), {"MIGRATE_EVENT": "step.done", "MIGRATE_STEP": "drain"}) == ""

    assert out.read_text() == '{"type": "step.done"}\nstep.done drain\n'


def test_a_hook_that_fails_is_told_with_its_status_and_last_words() -> None:
    assert Hook("echo first; echo no >&2; exit 4").run("{}", {}) == "it ended with 4: no"
    assert Hook("exit 1").run("{}", {}) == "it ended with 1"
    assert Hook("/no/such/hook").run("{}", {}).startswith("it ended with 127: ")


def test_a_hook_that_reads_nothing_is_no_failure() -> None:
    assert Hook("exec <&-; true").run(json.dumps({"text": "x" * 1_000_000}), {}) == ""


def test_a_hook_that_hangs_is_killed_with_all_that_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_process, "_GRACE_SECONDS", 0.1)
    pids = tmp_path / "pids"
    hook = Hook(f"trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > {pids}; sleep 300' & wait; sleep 300")

    said = hook.run("{}", {}, 1.0)

    assert "not ended after 1 s" in said
    until_gone(int(pids.read_text()))
    assert children("sleep") == []


def test_a_child_that_a_hook_leaves_behind_keeps_nobody_waiting(tmp_path: Path) -> None:
    pids, began = tmp_path / "pid", time.monotonic()

    assert Hook(f"sleep 60 & echo $! > {pids}").run("{}", {}) == ""

    assert time.monotonic() - began < 20
    psutil.Process(int(pids.read_text())).kill()


def test_a_hook_that_somebody_stops_ends_and_leaves_no_zombie() -> None:
    hook, said = Hook("sleep 300"), list[str]()
    thread = threading.Thread(target=lambda: said.append(hook.run("{}", {})))
    thread.start()
    while not children("sleep"):
        time.sleep(0.01)

    hook.stop()
    thread.join(20)

    assert said == ["it ended with -15"]
    assert children("sleep") == []


def test_a_hook_that_was_stopped_is_not_started_again(tmp_path: Path) -> None:
    hook = Hook(f"echo > {tmp_path / 'out'}")
    hook.stop()

    assert hook.run("{}", {}) == "the command has ended meanwhile"
    assert not (tmp_path / "out").exists()


def test_without_room_for_files_a_hook_is_not_run_and_that_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)

    assert Hook("true").run("{}", {}) == "it could not be run: No space left on device"


def test_whoever_is_interrupted_while_a_hook_runs_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr("subprocess.Popen.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Hook("sleep 300").run("{}", {})

    assert children("sleep") == []


def test_no_secret_is_in_the_environment_of_a_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Secret(CANARY)
    out = tmp_path / "environment"
    for name, value in {
        "HEROKU_API_KEY": "HRKU-never-seen-by-secrets",
        "MIGRATE_NOTIFY": "https://hooks.example/T0/unknown",
        "MIGRATE_STORE": f"postgresql://ada:{quote(CANARY, safe='')}@db/x",
        "COPY": CANARY,
        "INNOCENT": "kept",
    }.items():
        monkeypatch.setenv(name, value)

    assert Hook(f"env > {out}").run("{}", {}) == ""

    text = out.read_text()
    assert "INNOCENT=kept" in text
    for secret in ("HRKU-", "hooks.example", "canary", "COPY=", "MIGRATE_STORE="):
        assert secret not in text
    assert without_secrets(os.environ)["INNOCENT"] == "kept"


def test_a_secret_in_the_last_words_of_a_hook_is_masked() -> None:
    Secret(CANARY)

    assert Hook(f"echo '{CANARY}'; exit 1").run("{}", {}) == "it ended with 1: [secret]"
