"""A command of a build: its output line by line, its processes ended whatever happens to the build."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.sandbox import registry
from migrate.sandbox.dynos.processes import ProcessTree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_LONGEST_LINE = 1024 * 1024


@dataclass(frozen=True)
class Workplace:
    """Where the commands of a build run. `home` is private to the build and marks everything that they start."""

    sandbox: Path
    directory: Path
    home: Path
    environment: Mapping[str, str]


async def run(place: Workplace, *command: str, say: Callable[[str], None]) -> int:
    """Run a command to its end, hand over what it prints, and return its exit code."""
    place.home.mkdir(parents=True, exist_ok=True)
    leader = await asyncio.create_subprocess_exec(
        *command,
        cwd=place.directory,
        env=dict(place.environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=_LONGEST_LINE,
    )
    registry.record(place.sandbox, leader.pid, "build")
    tree = ProcessTree(leader, place.home)
    try:
        while leader.stdout and (line := await leader.stdout.readline()):
            say(line.decode(errors="replace"))
        return await tree.wait()
    finally:
        await tree.end(0)
