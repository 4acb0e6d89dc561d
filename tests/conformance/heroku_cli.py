"""The real Heroku CLI as a process, pointed at a sandbox and at nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate.sandbox.rehearsal.rehearsal import environment

if TYPE_CHECKING:
    from migrate.sandbox.address import SandboxAddress

PROGRAM = Path(__file__).parents[2] / ".conformance" / "node_modules" / ".bin" / "heroku"
SECONDS = 120
QUIET = {
    "DISABLE_TELEMETRY": "true",  # else backboard.heroku.com and, after errors, sentry.io
    "HEROKU_SKIP_NEW_VERSION_CHECK": "1",  # else it asks the npm registry
    "HEROKU_DISABLE_AUTOUPDATE": "1",  # else cli-assets.heroku.com
    "HEROKU_NOTIFICATIONS": "0",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "COLUMNS": "200",
    "LANG": "C.UTF-8",
}


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return f"{self.out}\n{self.err}"

    @property
    def complaint(self) -> str:
        """What stands on standard error, without the margin and the line breaks of the CLI."""
        return " ".join(self.err.replace("\u203a", "").split())


@dataclass(frozen=True)
class HerokuCli:
    """One user of the CLI; `watched` is where everything goes that is not for the sandbox."""

    address: SandboxAddress
    host: str
    home: Path
    watched: str
    token: str

    @property
    def variables(self) -> dict[str, str]:
        """The whole environment of a command."""
        apart = {"HTTPS_PROXY": self.watched, "HTTP_PROXY": self.watched, "NO_PROXY": "127.0.0.1"}
        own = {"HOME": str(self.home), "GIT_CONFIG_GLOBAL": str(self.home / "gitconfig"), "PATH": os.environ["PATH"]}
        sandbox = environment(self.address) | {"HEROKU_HOST": self.host, "HEROKU_API_KEY": self.token}
        return QUIET | apart | own | sandbox

    def as_(self, token: str) -> HerokuCli:
        """Return the CLI of somebody who has another token."""
        return replace(self, token=token)

    def start(self, *words: str, typed: int = subprocess.DEVNULL, **changes: str | None) -> subprocess.Popen[str]:
        """Start a command; None takes a variable away."""
        variables = {name: value for name, value in {**self.variables, **changes}.items() if value is not None}
        return subprocess.Popen(
            [PROGRAM, *words],
            stdin=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home,
            env=variables,
        )

    def ends(self, *words: str, typed: str | None = None, **changes: str | None) -> Said:
        """Run a command to its end, whatever that is."""
        process = self.start(*words, typed=subprocess.DEVNULL if typed is None else subprocess.PIPE, **changes)
        try:
            out, err = process.communicate(typed, timeout=SECONDS)
        finally:
            process.kill()
        return Said(process.returncode, out, err)

    def says(self, *words: str, typed: str | None = None, **changes: str | None) -> str:
        """Run a command that must succeed; return what it printed on both streams."""
        said = self.ends(*words, typed=typed, **changes)
        assert said.status == 0, said.all
        return said.all

    def shows(self, *words: str, **changes: str | None) -> Any:
        """Run a command with --json; return the document."""
        said = self.ends(*words, "--json", **changes)
        assert said.status == 0, said.all
        return json.loads(said.out)
