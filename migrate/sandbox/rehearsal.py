"""The demo app under traffic: what a rehearsal starts, waits for and judges."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from migrate.sandbox.address import CA_FILE
from migrate.sandbox.builds import git_settings
from migrate.sandbox.ledger import judge, wait_until_settled
from migrate.sandbox.lifecycle import LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from migrate.clock import Clock
    from migrate.sandbox.address import SandboxAddress
    from migrate.sandbox.ledger import Judgement

WARM_TASKS: Final = 40
"""So many tasks are executed before the migration starts."""
QUIET_SECONDS: Final = 4.0
SETTLE_SECONDS: Final = 90.0
_POLL_SECONDS: Final = 0.2
_LAST_REQUESTS_SECONDS: Final = 60


def environment(address: SandboxAddress) -> dict[str, str]:
    """Given a sandbox, return the variables that point the Heroku CLI, git and migrate-plan to it."""
    return {
        "HEROKU_HOST": address.api_url,
        "HEROKU_API_KEY": address.token,
        "HEROKU_APP": address.app,
        "MIGRATE_RABBITMQ_API": address.rabbitmq_api,
        "NODE_EXTRA_CA_CERTS": str(address.directory / CA_FILE),  # `heroku run` checks certificates
        "HEROKU_PARTICLEBOARD_URL": address.api_url,  # where the CLI asks about unpaid accounts, with the token
        **git_settings.pointing_to(address.api_url, os.environ),
    }


def ledger_of(address: SandboxAddress) -> Path:
    """Given a sandbox with the demo app, return where its tasks are recorded."""
    return address.directory / LEDGER


class Traffic:
    """The traffic generator as a process; it ends with the sandbox if nobody ends it before."""

    def __init__(self, address: SandboxAddress, rate: float) -> None:
        # A home inside the sandbox's directory: by that the janitor finds it.
        home = str(address.directory)
        self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
            [sys.executable, "-m", "migrate.sandbox.demo.traffic", "--url", address.router_url, "--rate", str(rate)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOME": home, "TMPDIR": home},
            start_new_session=True,
        )

    def stop(self) -> str:
        """Send no further requests, wait for those under way, and return what it says of itself."""
        self._process.send_signal(signal.SIGTERM)
        said, _ = self._process.communicate(timeout=_LAST_REQUESTS_SECONDS)
        return said.strip()

    def kill(self) -> None:
        """End it without waiting for anything."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def under_traffic(address: SandboxAddress, rate: float) -> Iterator[Traffic]:
    """Run traffic; whatever ends the block ends it."""
    traffic = Traffic(address, rate)
    try:
        yield traffic
    finally:
        traffic.kill()


def wait_for_tasks(ledger: Path, executed: int, clock: Clock, seconds: float = 60) -> Judgement:
    """Wait until so many tasks are executed, at most so long; return the judgement as of then."""
    end = clock.monotonic() + seconds
    while not ledger.exists() or (judgement := judge(ledger)).executed < executed:
        if clock.monotonic() > end:
            return judge(ledger)
        clock.sleep(_POLL_SECONDS)
    return judgement


def settled(ledger: Path, clock: Clock) -> Judgement:
    """Wait until nothing more can happen to any task, and return the judgement."""
    return wait_until_settled(ledger, quiet=QUIET_SECONDS, deadline=SETTLE_SECONDS, clock=clock)


def shell_lines(variables: Mapping[str, str]) -> list[str]:
    """Given variables, return the lines that a shell evaluates to set them."""
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
