"""A dyno's command as a tree of real processes, signalled the way Heroku does: all of them."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import re
import shutil
import signal
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from migrate.sandbox import registry
from migrate.sandbox.waiting import until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from migrate.sandbox.dynos.streams import Streams

_POLL_SECONDS = 0.05
_SHELL_SYNTAX = re.compile(r"[|&;<>()`\n]")


@dataclass(frozen=True)
class Launch:
    """What to run, where. `home` is private to the process and marks everything it starts."""

    name: str
    command: str
    home: Path
    directory: Path
    environment: Mapping[str, str]


class ProcessTree:
    """A shell command and all its descendants, wherever they went."""

    def __init__(self, leader: asyncio.subprocess.Process, home: Path) -> None:
        self._leader = leader
        self._home = home
        self._known: dict[int, psutil.Process] = {}
        self._ending = False
        self._ended = asyncio.Event()
        try:
            self._created = psutil.Process(leader.pid).create_time()
        except psutil.NoSuchProcess:  # ended at once; its session may live on
            self._created = float("inf")

    @property
    def pid(self) -> int:
        """The process id of the shell, which is also that of the group and the session."""
        return self._leader.pid

    @property
    def exit_code(self) -> int | None:
        """The shell's exit code, negative for a signal; None while it runs."""
        return self._leader.returncode

    async def wait(self) -> int:
        """Return the exit code when the first process has ended; others of the tree may still run."""
        return await self._leader.wait()

    async def wait_for_end(self) -> None:
        """Return when end(), called by somebody else, has nothing left to end."""
        await self._ended.wait()

    def members(self) -> list[psutil.Process]:
        """Return every live process of the tree: by session, by parent, by home."""
        leaders = {self.pid: self._created}
        found = {process.pid: process for process in _descendants(self.pid)}
        for process in psutil.process_iter():
            if registry.in_session_of(process, leaders) or registry.lives_in(process, self._home):
                found[process.pid] = process
        self._known |= found
        return [process for process in found.values() if registry.is_alive(process)]

    def signal(self, number: signal.Signals) -> int:
        """Send a signal to every process of the tree; return how many got it."""
        members = self.members()
        for process in members:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        return len(members)

    async def end(self, grace_seconds: float) -> bool:
        """SIGTERM to all, SIGKILL to those left after the grace; return whether any had to be killed."""
        if self._ending:  # a second SIGTERM would mean something else to Celery than the first
            await self._ended.wait()
            return False
        self._ending = True
        self.signal(signal.SIGTERM)
        await until(self._all_gone, grace_seconds)
        killed = False
        while self.signal(signal.SIGKILL):
            killed = True
            await asyncio.sleep(_POLL_SECONDS)
        await self._leader.wait()
        self._ended.set()
        return killed

    def _all_gone(self) -> bool:
        return not any(registry.is_alive(process) for process in self._known.values())


async def start(directory: Path, launch: Launch, streams: Streams) -> ProcessTree:
    """Start a command in a session of its own; our side of its streams is closed."""
    launch.home.mkdir(parents=True, exist_ok=True)
    try:
        leader = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            _in_place_of_shell(launch.command, launch.environment),
            cwd=launch.directory,
            env=dict(launch.environment),
            stdin=streams.input,
            stdout=streams.output,
            stderr=streams.output,
            start_new_session=True,
            # Ctrl-C reaches a program only on the terminal that controls its session.
            preexec_fn=_take_terminal if streams.terminal else None,
        )
    finally:
        streams.close()
    registry.record(directory, leader.pid, launch.name)
    return ProcessTree(leader, launch.home)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _in_place_of_shell(command: str, environment: Mapping[str, str]) -> str:
    """Return the command, with `exec` where it is one program: the dyno then has no idle shell."""
    first = command.split(maxsplit=1)[0]
    is_program = shutil.which(first, path=environment.get("PATH")) is not None
    return f"exec {command}" if is_program and not _SHELL_SYNTAX.search(command) else command


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
