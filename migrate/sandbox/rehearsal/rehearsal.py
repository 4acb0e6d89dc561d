"""An app under traffic whose add-on is moved: what a rehearsal starts, waits for and judges."""

from __future__ import annotations

import functools
import os
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from migrate.sandbox import lifecycle
from migrate.sandbox.address import CA_FILE
from migrate.sandbox.builds import git_settings
from migrate.sandbox.ledgers import ledger_in
from migrate.sandbox.rehearsal import traffic
from migrate.sandbox.rehearsal.judgement import judge, wait_until_settled
from migrate.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from migrate.clock import Clock
    from migrate.sandbox.address import SandboxAddress
    from migrate.sandbox.rehearsal.judgement import Judgement
    from migrate.sandbox.rehearsal.traffic import Traffic

WARM_SECONDS = 60.0
"""So long traffic may take to have tasks executed."""
QUIET_SECONDS: Final = 4.0
SETTLE_SECONDS = 90.0
_POLL_SECONDS: Final = 0.2
_DEMO_RATE: Final = 6.0
_DEMO_TASKS: Final = 40


@dataclass(frozen=True)
class Rehearsal:
    """What is rehearsed: an app with its traffic, the plan that it moves to, and the way there."""

    plan_to: str
    strategy: str
    settings: SandboxSettings
    start_traffic: Callable[[SandboxAddress], Traffic]
    tasks: int
    """So many are executed before the migration, and as many after it."""
    app_dir: Path | None = None
    """None for the demo app, which keeps a ledger of its own; any other one is recorded."""
    config_vars: Mapping[str, str] = field(default_factory=dict)
    accept: tuple[str, ...] = ()
    drain_timeout: float = 600

    @property
    def broker_variable(self) -> str:
        """The config var that the app reads its broker's URL from."""
        return f"{self.settings.seed_attachment}_URL"

    def sandbox(self) -> AbstractContextManager[SandboxAddress]:
        """Return the throwaway sandbox that the rehearsal takes place in."""
        return lifecycle.throwaway(self.settings, self.app_dir, self.config_vars, recorded=self.app_dir is not None)


def of_demo(plan_to: str, strategy: str) -> Rehearsal:
    """Given the plan to move to and the way there, return the rehearsal of the demo app."""
    start_traffic = functools.partial(traffic.of_demo, rate=_DEMO_RATE)
    return Rehearsal(plan_to, strategy, SandboxSettings(), start_traffic, _DEMO_TASKS)


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


def ledger_of(address: SandboxAddress, twin: str = "") -> Path:
    """Given a sandbox, and perhaps a twin of its app, return where the tasks of that app are recorded."""
    return ledger_in(address.directory, twin)


def wait_for_tasks(ledger: Path, executed: int, clock: Clock) -> Judgement:
    """Wait until so many tasks are executed, at most a minute; return the judgement as of then."""
    end = clock.monotonic() + WARM_SECONDS
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
