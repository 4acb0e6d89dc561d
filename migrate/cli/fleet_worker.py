"""A process that works on the apps of whatever fleets there are in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.cli.fleet_tools import Workshop
from migrate.errors import UsageError
from migrate.exits import Exit
from migrate.fleet.carrying import Rounds, Sender, carried_to
from migrate.fleet.celery_app import Carrier
from migrate.fleet.crew import Threads
from migrate.results import listed
from migrate.secrets import Secret

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result


def carrier_of(url: str) -> Carrier:
    """Given a broker's URL, return what carries, once the broker answers; raises FleetBrokerUnusable."""
    carrier = Carrier(Secret(url))
    carrier.prove()
    return carrier


def served(speech: Speech, world: World, url: str | None, concurrency: int) -> Result:
    """Work until this process is told to end; return how that was."""
    if not url:
        raise UsageError(
            "Which broker?",
            why="A worker hears from it which apps to look at, and MIGRATE_FLEET_BROKER is not set.",
            next="export MIGRATE_FLEET_BROKER=amqp://USER:PASSWORD@HOST/VHOST",
        )
    store = world.writable_store(speech)
    desk = Workshop(world, store, speech.mention).desk()
    threads = Threads(desk)
    carrier = carrier_of(url)
    rounds = Rounds(desk, threads, Sender(desk, carrier, speech.mention))

    def work(fleet: str, app: str) -> None:
        speech.mention(f"{app}: looked at")
        carried_to(desk, threads, fleet, app)

    def end() -> None:
        speech.mention("Stopping: each app at its next safe point. Other workers go on with them.")
        rounds.end()
        threads.ask(Exit.TERMINATED)

    rounds.begin()
    speech.mention(f"Working on fleets with {concurrency} threads.")
    carrier.serve(work, concurrency, end)
    return listed(
        "This worker works no more. Others, or the next one, go on with its apps.", "migrate-plan fleet status"
    )
