"""Which programs a slug runs with: the sandbox's own, or a virtual environment with what it requires."""

from __future__ import annotations

import asyncio
import hashlib
import json
import platform
import re
import shutil
import sys
from collections import defaultdict
from importlib.util import find_spec
from typing import TYPE_CHECKING

from migrate.sandbox.builds import commands
from migrate.sandbox.dynos import environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from migrate.sandbox.builds.output import BuildOutput

_COMPLETE = "complete"
# Options, paths and archives: what they stand for may change while requirements.txt does not.
_REFERS_TO_FILES = re.compile(r"^\s*[-./]|file:|\.(whl|zip|gz)\b", re.MULTILINE)


class NotInstalled(Exception):
    """What a slug requires could not be installed; the output says why."""


class Interpreters:
    """Virtual environments, one for each content of a requirements.txt; none is changed after it was made."""

    def __init__(self, sandbox: Path) -> None:
        self._sandbox = sandbox
        self._turns: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def programs(self, slug: Path, config: Mapping[str, str], output: BuildOutput) -> Path:
        """Given an unpacked source and the app's config, return the directory of its interpreter."""
        requirements = slug / "requirements.txt"
        if not requirements.is_file():
            output.step(f"No requirements.txt: using the sandbox's own Python {platform.python_version()}")
            return environment.OWN_PROGRAMS
        place = self._sandbox / "interpreters" / _key(requirements.read_bytes(), slug)
        async with self._turns[place]:
            if (place / _COMPLETE).exists():
                output.step("No change in requirements detected, installing from cache")
            else:
                await self._make(place, slug, config, output)
        return place / "bin"

    async def fitting(self, app_dir: Path, config: Mapping[str, str], output: BuildOutput) -> Path:
        """Given an app that runs where it is, return our own interpreter if it has all that the app requires."""
        if find_spec("pip") is None or await self._has_all(app_dir, config):
            return environment.OWN_PROGRAMS
        return await self.programs(app_dir, config, output)

    async def _has_all(self, app_dir: Path, config: Mapping[str, str]) -> bool:
        requirements = app_dir / "requirements.txt"
        if not requirements.is_file():
            return True
        work = self._workplace(app_dir, config)
        report = work.home / "report.json"
        # https://pip.pypa.io/en/stable/reference/installation-report/
        asked = ("--dry-run", "--no-index", "--no-deps", "--quiet", "--report", str(report), "-r", str(requirements))
        known = await commands.run(work, sys.executable, "-m", "pip", "install", *asked, say=lambda _line: None) == 0
        return known and not json.loads(report.read_text())["install"]

    async def _make(self, place: Path, slug: Path, config: Mapping[str, str], output: BuildOutput) -> None:
        work = self._workplace(slug, config)
        try:
            output.step(f"Using Python {platform.python_version()}")
            await _run(work, output, "-m", "venv", "--without-pip", str(place))
            output.step("Installing requirements with pip")
            python = str(place / "bin" / "python")
            await _run(work, output, "-m", "pip", "--python", python, "install", "-r", "requirements.txt")
            (place / _COMPLETE).touch()
        finally:
            if not (place / _COMPLETE).exists():
                shutil.rmtree(place, ignore_errors=True)

    def _workplace(self, slug: Path, config: Mapping[str, str]) -> commands.Workplace:
        """Return where pip runs: it sees the app's config vars, as on Heroku, and nothing else of this process."""
        home = self._sandbox / "builds" / slug.name
        pip = {
            "PIP_CACHE_DIR": str(self._sandbox / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
        }
        variables = environment.of_dyno(home, "build", None, pip, config)
        return commands.Workplace(self._sandbox, slug, home, variables)


async def _run(work: commands.Workplace, output: BuildOutput, *arguments: str) -> None:
    if await commands.run(work, sys.executable, *arguments, say=output.detail) != 0:
        raise NotInstalled("the requirements could not be installed")


def _key(requirements: bytes, slug: Path) -> str:
    """Return what two slugs with the same requirements have in common; with files of their own, nothing."""
    own = slug.name if _REFERS_TO_FILES.search(requirements.decode(errors="replace")) else ""
    return hashlib.sha256(b"\0".join([requirements, own.encode()])).hexdigest()[:16]
