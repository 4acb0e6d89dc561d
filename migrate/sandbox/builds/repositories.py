"""The git repositories of the apps, and the pushes that are under way."""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.sandbox.builds import git_settings, pre_receive
from migrate.sandbox.world import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.sandbox.world import Account, App, Build

_HOOK = f"""#!/bin/sh
exec {shlex.quote(sys.executable)} -I {shlex.quote(str(Path(pre_receive.__file__)))}
"""


class GitFailed(Exception):
    """git could not make a repository."""


@dataclass(eq=False)
class Push:
    """What the hook of one push may do, and the build that it asked for. The key is good while the push runs."""

    app: App
    account: Account
    id: str = field(default_factory=new_id)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    build: Build | None = None


class Repositories:
    """Bare repositories, made when they are first asked for."""

    def __init__(self, sandbox: Path) -> None:
        self.directory = sandbox / "repositories"
        self.pushes: dict[str, Push] = {}
        self._turn = asyncio.Lock()

    async def name_of(self, app: App) -> str:
        """Return the name of an app's repository in the directory. It stays when the app gets another name."""
        name = f"{app.id}.git"
        async with self._turn:
            if not (self.directory / name).exists():
                await self._make(name)
        return name

    @contextmanager
    def push(self, app: App, account: Account) -> Iterator[Push]:
        """Let a hook ask for a build as long as the block runs."""
        push = Push(app, account)
        self.pushes[push.id] = push
        try:
            yield push
        finally:
            del self.pushes[push.id]

    def environment(self) -> dict[str, str]:
        """Return the environment of git on the server's side; nothing of the user's own configuration is in it.

        The home marks what git starts as the sandbox's.
        """
        settings = [("core.hooksPath", str(self.directory / "hooks")), ("receive.autogc", "false")]
        return git_settings.variables(settings) | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "PATH": os.environ.get("PATH", os.defpath),
        }

    async def _make(self, name: str) -> None:
        hook = self.directory / "hooks" / "pre-receive"
        hook.parent.mkdir(parents=True, exist_ok=True)
        hook.write_text(_HOOK)
        hook.chmod(0o700)
        process = await asyncio.create_subprocess_exec(
            *("git", "init", "--quiet", "--bare", "--initial-branch=main", "--template=", name),
            cwd=self.directory,
            env=self.environment(),
        )
        if await process.wait() != 0:
            raise GitFailed(f"git init ended with {process.returncode}")
