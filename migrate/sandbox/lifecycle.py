"""Starting and stopping a sandbox from another process: the CLI's, a test's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import psutil

from migrate.sandbox import janitor, orders, registry
from migrate.sandbox.address import SandboxAddress, load, read
from migrate.sandbox.ledgers import VARIABLE, ledger_in
from migrate.sandbox.rehearsal import recorder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migrate.sandbox.settings import SandboxSettings

__all__ = ["SandboxAddress", "SandboxFailed", "read", "start", "stop", "throwaway"]

DEMO = Path(__file__).parent / "demo"
_STOP_SECONDS = 60.0  # longer than the server gives itself
_OURS = ("orders.json", "processes.jsonl")
_PREFIX = "migrate-sandbox-"
_CALLER = "caller.json"


class SandboxFailed(Exception):
    """The sandbox did not come up; the message says why, in one line."""


def start(
    directory: Path,
    settings: SandboxSettings,
    app_dir: Path | None = None,
    config_vars: Mapping[str, str] | None = None,
) -> SandboxAddress:
    """Start a sandbox that outlives this process, and return when it is up.

    What an earlier sandbox left in the directory is cleaned away; a directory with anything else in it
    is refused, and so is one where a sandbox runs.
    """
    directory = directory.resolve()
    if read(directory) is not None:
        raise SandboxFailed(f"a sandbox runs in {directory} already")
    if _is_ours(directory):
        _clean(directory, janitor.find(directory))
    if directory.exists() and any(directory.iterdir()):
        raise SandboxFailed(f"{directory} is not empty, and what is in it is not a sandbox's")
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    given = _orders(directory, settings, app_dir, config_vars, throwaway=False)
    with _Server(directory, given) as server:
        address = server.await_up()
        server.let_go()
    return address


def stop(directory: Path) -> None:
    """End the sandbox of a directory with everything that belongs to it, and remove the directory.

    Also cleans up after one that was killed. A directory that is no sandbox's is left alone.
    """
    directory = directory.resolve()
    if not _is_ours(directory):
        return
    address, keeper = read(directory), janitor.find(directory)
    server = registry.find(address.pid, address.created) if address else None
    if server is not None:
        with suppress(psutil.NoSuchProcess):
            server.send_signal(signal.SIGTERM)
            if not registry.wait_for_end(server, _STOP_SECONDS):
                server.kill()
    _clean(directory, keeper)


@contextmanager
def throwaway(
    settings: SandboxSettings,
    app_dir: Path | None = None,
    config_vars: Mapping[str, str] | None = None,
    *,
    recorded: bool = False,
) -> Iterator[SandboxAddress]:
    """Run a sandbox in a temporary directory; it ends with the block, or with this process if that dies.

    Others that run beside it are left alone; what is left of one that was killed with all its keepers
    is cleaned away first. The tasks of an app that is to be `recorded` are counted though it does nothing
    for it.
    """
    _clean_stale(Path(tempfile.gettempdir()))
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    registry.note(directory / _CALLER, os.getpid())
    given = _orders(directory, settings, app_dir, config_vars, throwaway=True)
    if recorded:
        ledger_in(directory).touch(0o600)
        given = replace(given, dyno_environment=recorder.environment(ledger_in(directory)))
    with _Server(directory, given) as server:
        yield server.await_up()


def _orders(
    directory: Path,
    settings: SandboxSettings,
    app_dir: Path | None,
    config_vars: Mapping[str, str] | None,
    *,
    throwaway: bool,
) -> orders.Orders:
    own = {} if app_dir else {VARIABLE: str(ledger_in(directory))}
    return orders.Orders(settings, (app_dir or DEMO).resolve(), {**own, **(config_vars or {})}, throwaway)


class _Server:
    """The server's process seen from its caller: up to let_go(), leaving the block ends the sandbox."""

    def __init__(self, directory: Path, given: orders.Orders) -> None:
        self._directory = directory
        self._given = given
        self._is_ours = True

    def __enter__(self) -> Self:
        self._given.write(self._directory)
        with (self._directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-m", "migrate.sandbox.server", "--directory", str(self._directory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the caller alone, who then ends the sandbox
            )
        return self

    def await_up(self) -> SandboxAddress:
        """Return the address once the server has said that it is up."""
        line = _pipe(self._process.stdout).readline()
        answer = json.loads(line) if line else {"up": False, "reason": _last_words(self._directory)}
        address = load(self._directory)
        if not answer["up"] or address is None:
            raise SandboxFailed(answer.get("reason") or "the sandbox went away while it came up")
        return address

    def let_go(self) -> None:
        """From now on the sandbox lives without its caller."""
        self._is_ours = False

    def __exit__(self, *_: object) -> None:
        janitor_before = janitor.find(self._directory)
        _pipe(self._process.stdin).close()
        if self._is_ours:
            _pipe(self._process.stdout).read()  # ends with the server, which alone holds the other end
            _clean(self._directory, janitor_before)
        _pipe(self._process.stdout).close()
        self._process.wait()


def _clean(directory: Path, keeper: psutil.Process | None) -> None:
    """Wait for the janitor, end what is left, remove the directory."""
    keeper = keeper or janitor.find(directory)
    if keeper is not None:
        registry.wait_for_end(keeper, _STOP_SECONDS)
    registry.sweep(directory)
    shutil.rmtree(directory, ignore_errors=True)


def _clean_stale(temporary: Path) -> None:
    for directory in temporary.glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):  # another one that starts now cleans it as well
            own = directory.stat().st_uid == os.geteuid()
            keepers = (read(directory), janitor.find(directory), registry.noted(directory / _CALLER))
            if own and _is_ours(directory) and not any(keepers):
                _clean(directory, None)


def _is_ours(directory: Path) -> bool:
    return any((directory / name).exists() for name in _OURS)


def _last_words(directory: Path) -> str:
    with suppress(OSError):
        lines = (directory / "server.log").read_text(errors="replace").splitlines()
        return lines[-1] if lines else ""
    return ""


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise SandboxFailed("the server was started without its pipe")
    return stream
