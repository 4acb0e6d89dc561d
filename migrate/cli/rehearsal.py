"""``migrate-plan --to PLAN --sandbox``: the whole migration on a demo app under traffic, then the ledger."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from migrate.cli.wish import Wish, grant
from migrate.cli.world import World
from migrate.errors import SandboxUnusable, TasksLost
from migrate.exits import Exit
from migrate.results import refusal

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.events import Result
    from migrate.sandbox.address import SandboxAddress

_RATE: Final = 6.0
_TASKS: Final = 240
"""Traffic goes on after the migration until so many tasks are executed."""


def rehearse(speech: Speech, plan: str) -> NoReturn:
    """Bring up a throwaway sandbox, migrate its demo app, judge the ledger, take it down; ends the process."""
    try:
        from migrate.sandbox import lifecycle
        from migrate.sandbox.settings import SandboxSettings
    except ImportError as error:
        raise SandboxUnusable(
            "The sandbox is not installed.",
            why=f"{error.name} is missing.",
            next="pip install 'migrate-plan[sandbox]'",
        ) from None

    speech.people.say("Bringing up a local Heroku with a demo app, its workers and a real RabbitMQ.")
    try:
        with lifecycle.throwaway(SandboxSettings()) as address:
            try:
                status = _in(speech, plan, address)
            finally:
                # Its store goes with the sandbox: there is nothing to look up afterwards.
                speech.migration = ""
    except lifecycle.SandboxFailed as error:
        raise SandboxUnusable(
            "The local Heroku did not come up.", why=str(error), next="make demo-setup    (what it needs)"
        ) from None
    raise typer.Exit(status)


def _in(speech: Speech, plan: str, address: SandboxAddress) -> int:
    from migrate.sandbox import rehearsal
    from migrate.sandbox.judgement import complaints, line

    ledger = rehearsal.ledger_of(address)
    os.environ.update(rehearsal.environment(address))
    with rehearsal.under_traffic(address, _RATE) as traffic:
        speech.people.say(f"{address.app} is up; traffic begins.")
        rehearsal.wait_for_tasks(ledger, rehearsal.WARM_TASKS, speech.clock)
        result = _migrate(speech, plan, address)
        eager_seconds = result.eager_seconds
        rehearsal.wait_for_tasks(ledger, _TASKS, speech.clock)
        speech.people.say(traffic.stop())
    judgement = rehearsal.settled(ledger, speech.clock)
    if result.exit == Exit.DONE and not judgement.clean:
        lost = TasksLost("The rehearsal lost or doubled tasks.", why="; ".join(complaints(judgement)))
        result = refusal(lost)
    speech.tell(result)
    speech.people.say(line(judgement, eager_seconds))
    return int(result.exit)


def _migrate(speech: Speech, plan: str, address: SandboxAddress) -> Result:
    store = f"sqlite:///{address.directory / 'migrations.sqlite3'}"
    wish = Wish(plan, address.app, None, "documented", address.app, (), dry_run=False)
    return grant(speech, World(store, address.rabbitmq_api, 600), wish)
