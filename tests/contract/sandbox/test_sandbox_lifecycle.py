from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import requests
from checkout import WHEEL, wheel
from sandbox_client import APP_DIR, FAST, Api

from migrate.sandbox import janitor
from migrate.sandbox.lifecycle import SandboxAddress, SandboxFailed, read, start, stop, throwaway

pytestmark = pytest.mark.contract

CALLER = """
import signal, sys, time
from pathlib import Path
from migrate.sandbox import janitor
from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.settings import SandboxSettings
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs in the background
settings = SandboxSettings(broker=sys.argv[2], boot_seconds=0.05, shutdown_seconds=0.5)
with throwaway(settings, Path(sys.argv[1]), {"FAMILY": "1"}) as address:
    print(address.directory, address.pid, flush=True)
    time.sleep(600)
"""


def belonging_to(directory: Path) -> list[psutil.Process]:
    """Every live process whose environment or command line names the directory."""
    found = []
    for process in psutil.process_iter():
        try:
            texts = [*process.environ().values(), *process.cmdline()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(directory) in text for text in texts):
                found.append(process)
        except psutil.Error:
            continue
    return found


def await_family(directory: Path, count: int, seconds: float = 20) -> None:
    """Wait until so many processes are there: a dyno counts as up before it has started what it starts."""
    deadline = time.monotonic() + seconds
    while len(found := belonging_to(directory)) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def check_gone(directory: Path, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while (left := belonging_to(directory)) or directory.exists():
        assert time.monotonic() < deadline, f"left over: {left}, directory: {directory.exists()}"
        time.sleep(0.1)


def call(broker: str) -> tuple[subprocess.Popen[str], Path, int]:
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(APP_DIR), broker],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert caller.stdout is not None
    directory, pid = caller.stdout.readline().split()
    caller.stdout.close()
    return caller, Path(directory), int(pid)


def test_a_throwaway_sandbox_leaves_nothing() -> None:
    with throwaway(FAST, APP_DIR, {"FAMILY": "1"}) as address:
        await_family(address.directory, 5)
        assert stat.S_IMODE((address.directory / "sandbox.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(address.directory.stat().st_mode) == 0o700
    assert not address.directory.exists()
    assert belonging_to(address.directory) == []


def test_an_error_in_the_block_takes_it_down_too() -> None:
    with pytest.raises(ZeroDivisionError), throwaway(FAST, APP_DIR) as address:
        raise ZeroDivisionError
    assert belonging_to(address.directory) == []
    assert not address.directory.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_the_caller_dies(number: signal.Signals) -> None:
    caller, directory, _ = call("none")
    os.killpg(caller.pid, number)
    caller.wait(20)
    check_gone(directory)


@pytest.mark.parametrize("broker", ["none", "rabbitmq"])
def test_nothing_is_left_when_the_server_is_killed(broker: str) -> None:
    caller, directory, server = call(broker)
    await_family(directory, 5 if broker == "none" else 7)
    os.kill(server, signal.SIGKILL)
    check_gone(directory)
    caller.kill()
    caller.wait()


def test_nothing_is_left_when_the_caller_is_killed_while_it_comes_up(tmp_path: Path) -> None:
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(APP_DIR), "rabbitmq"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    deadline = time.monotonic() + 20
    while not any("beam" in item.name() for item in belonging_to(tmp_path)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (directory,) = tmp_path.glob("migrate-sandbox-*")
    caller.kill()
    caller.wait()
    check_gone(directory)


def test_what_a_sandbox_leaves_that_was_killed_with_all_its_keepers_goes_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    caller, directory, server = call("rabbitmq")
    keeper = janitor.find(directory)
    assert keeper is not None
    for pid in (keeper.pid, server, caller.pid):
        os.kill(pid, signal.SIGKILL)
    caller.wait()
    assert any("beam" in item.name() for item in belonging_to(directory))

    with throwaway(FAST, APP_DIR) as first, throwaway(FAST, APP_DIR) as second:
        check_gone(directory, 1)
        for beside in (first, second):
            assert read(beside.directory) == beside
            api = Api(beside)
            assert api.get("+")["name"] == beside.app
            api.session.close()


@pytest.fixture
def detached(tmp_path: Path) -> SandboxAddress:
    return start(tmp_path / "sandbox", FAST, APP_DIR, {"LEDGER": "somewhere"})


def test_a_detached_sandbox_is_found_used_and_stopped(detached: SandboxAddress) -> None:
    assert read(detached.directory) == detached
    api = Api(detached)
    assert api.get("+/config-vars")["LEDGER"] == "somewhere"
    api.session.close()
    with pytest.raises(SandboxFailed, match=r"runs in .* already"):
        start(detached.directory, FAST, APP_DIR)
    stop(detached.directory)
    assert read(detached.directory) is None
    check_gone(detached.directory, 1)
    stop(detached.directory)


def test_what_a_killed_detached_sandbox_leaves_is_cleaned_at_the_next_start(detached: SandboxAddress) -> None:
    kill(detached)
    again = start(detached.directory, FAST, APP_DIR)
    assert again.pid != detached.pid
    assert {item.pid for item in belonging_to(again.directory)} >= {again.pid}
    kill(again)
    stop(again.directory)
    check_gone(again.directory, 1)


def kill(address: SandboxAddress) -> None:
    os.kill(address.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while read(address.directory) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_pid_of_somebody_else_is_not_taken_for_the_sandbox(detached: SandboxAddress, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    replace(detached, directory=other, created=detached.created - 100).write()
    assert read(other) is None
    stop(detached.directory)


def test_a_directory_that_is_not_a_sandboxs_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SandboxFailed, match="not empty"):
        start(tmp_path, FAST, APP_DIR)
    stop(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_failures_to_start_are_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxFailed, match=r"cannot read .*Procfile"):
        start(tmp_path / "one", FAST, tmp_path)
    assert not (tmp_path / "one").exists()
    with pytest.raises(SandboxFailed, match=r"worker.1 .* ended with 3 at once: cannot start: CRASH is set"):
        start(tmp_path / "two", FAST, APP_DIR, {"CRASH": "1"})
    with pytest.raises(SandboxFailed, match="add-on plan of"):
        start(tmp_path / "three", FAST.changed({"seed_plan": "cat"}), APP_DIR)
    monkeypatch.setenv("RABBITMQ_SERVER", "/nowhere/rabbitmq-server")
    with pytest.raises(
        SandboxFailed, match="no RabbitMQ found at RABBITMQ_SERVER=/nowhere/rabbitmq-server: install it"
    ):
        start(tmp_path / "four", FAST.changed({"broker": "rabbitmq"}), APP_DIR)
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_may_have_no_add_on_and_several_apps() -> None:
    settings = FAST.changed({"seed_plan": None, "app": "lonely", "formation": {"web": 0, "worker": 0}})
    with throwaway(settings, APP_DIR) as address:
        api = Api(address)
        assert api.get("+/addons") == []
        assert {item["name"] for item in api.get("/apps")} == {"lonely", "second-app"}
        api.session.close()


def test_the_seed_has_the_plan_and_the_name_that_were_chosen() -> None:
    settings = FAST.changed({"seed_plan": "tiger", "seed_attachment": "RABBIT", "provisioning": "async"})
    with throwaway(settings, APP_DIR) as address:
        api = Api(address)
        assert api.get("+/addons")[0]["plan"]["name"] == "cloudamqp:tiger"
        assert "RABBIT_URL" in api.get("+/config-vars")
        api.session.close()


MIRROR = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

import greeting


class Say(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(greeting.WORD.encode())


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Say).serve_forever()
"""


def test_an_app_that_requires_more_than_is_here_gets_an_interpreter_of_its_own(tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(wheel("from its own wheel"))
    (tmp_path / "requirements.txt").write_text(f"./{WHEEL}\n")
    (tmp_path / "Procfile").write_text("web: python web.py\n")
    (tmp_path / "web.py").write_text(MIRROR)
    before = sorted(path.name for path in tmp_path.iterdir())

    with throwaway(FAST, tmp_path, {"PIP_NO_INDEX": "1"}) as address:
        assert requests.get(address.router_url, timeout=5).text == "from its own wheel"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_an_app_whose_requirements_are_here_already_runs_with_what_is_here(tmp_path: Path) -> None:
    shutil.copytree(APP_DIR, tmp_path, dirs_exist_ok=True)
    (tmp_path / "requirements.txt").write_text("celery>=5\nrequests\n")

    with throwaway(FAST.changed({"formation": {"worker": 0}}), tmp_path) as address:
        seen = requests.get(address.router_url, timeout=5).json()
        assert seen["environment"]["PATH"].startswith(str(Path(sys.executable).parent))
        assert not (address.directory / "interpreters").exists()


def test_requirements_that_cannot_be_had_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("no-such-package-anywhere==1\n")
    (tmp_path / "Procfile").write_text("web: python web.py\n")

    with (
        pytest.raises(SandboxFailed, match=r"requirements could not be installed: .*no-such-package-anywhere"),
        throwaway(FAST, tmp_path, {"PIP_NO_INDEX": "1"}),
    ):
        pass
