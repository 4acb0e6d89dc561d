"""A database that fails a migration: refused before anything is changed, parked after it, and gone on with."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Machine
from fakes.private_postgresql import PASSWORD, Cluster, cluster_directory, server

from migrate.errors import StoreUnusable
from migrate.events import MigrationStarted, StepDone
from migrate.exits import Exit
from migrate.sandbox.ports import free_port
from migrate.store import engine
from store import troubles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from migrate.events import Event, Result
    from migrate.store.store import Store

    Trouble = Callable[[Store], AbstractContextManager[None]]

WHY = {
    "full": ("full", "df -h "),
    "read_only_file": ("readonly", "ls -ld "),
    "gone": ("unable to open", "ls -ld "),
    "damaged": ("not a database", ".damaged"),
    "locked_file": ("locked", "fuser -v "),
    "locked_tables": ("lock timeout", "psql "),
    "no_right_to_write": ("read-only transaction", "psql "),
}
"""What the message says of each, and how the command begins that comes next."""


@pytest.fixture
def machine(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr(engine, "PATIENCE_SECONDS", 0.2)
    machine = Machine(store_url, FakeHeroku())
    yield machine
    machine.store.engine.dispose()


@pytest.fixture
def touched(machine: Machine) -> list[str]:
    """The workers that were taken off their queues."""
    touched: list[str] = []
    machine.heroku.broker_of("cloudamqp-old-1").on_touch = touched.append
    return touched


EVERY = pytest.mark.parametrize(
    ("store_url", "trouble"),
    [("sqlite", trouble) for trouble in troubles.SQLITE]
    + [("postgresql", trouble) for trouble in troubles.POSTGRESQL],
    indirect=["store_url"],
)


def check_told(trouble: Trouble, why: str, commands: tuple[str, ...]) -> None:
    words, command = WHY[trouble.__name__]
    assert words in why
    assert command in commands[0]


def befall(machine: Machine, trouble: Trouble, moment: Callable[[Event], bool]) -> Result:
    """Run a migration that the trouble befalls at that moment, and end the trouble when it has ended."""

    def on_event(event: Event) -> None:
        if moment(event):
            machine.on_event = lambda _event: None
            lasting.enter_context(trouble(machine.store))

    machine.on_event = on_event
    with ExitStack() as lasting:
        return machine.begin()


@EVERY
def test_the_proof_before_the_start_fails(machine: Machine, trouble: Trouble) -> None:
    machine.store.prove_writable()

    with trouble(machine.store), pytest.raises(StoreUnusable) as refusal:
        machine.store.prove_writable()

    check_told(trouble, refusal.value.why, (refusal.value.next,))
    assert machine.begin().exit == Exit.DONE


@EVERY
def test_what_goes_wrong_before_anything_is_changed_ends_it_with_nothing_touched(
    machine: Machine, touched: list[str], trouble: Trouble
) -> None:
    stopped = befall(machine, trouble, lambda event: isinstance(event, MigrationStarted))

    assert (stopped.exit, stopped.code) == (Exit.FAILED, "STORE_UNUSABLE")
    check_told(trouble, stopped.why, stopped.next)
    assert stopped.state == "Nothing was changed on shop."
    assert stopped.next[-1] == "migrate-plan --to bunny --app shop"
    assert (machine.heroku.writes, touched) == ([], [])
    assert machine.resume().exit == Exit.DONE


@EVERY
def test_what_goes_wrong_part_way_parks_the_migration_until_the_store_is_mended(
    machine: Machine, trouble: Trouble
) -> None:
    stopped = befall(machine, trouble, lambda event: isinstance(event, StepDone) and event.step == "eager-on")

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "STORE_UNUSABLE")
    check_told(trouble, stopped.why, stopped.next)
    assert "CELERY_ALWAYS_EAGER=True is set" in stopped.state
    assert stopped.next[-1] == "migrate-plan resume mig-7f3k2q"
    assert machine.heroku.writes == ["set eager"]
    assert machine.resume().exit == Exit.DONE


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_sessions_that_the_server_cuts_in_every_step_are_made_again(machine: Machine, cluster: Cluster) -> None:
    def cut(event: Event) -> None:
        if isinstance(event, StepDone):
            cluster.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    machine.on_event = cut

    assert machine.begin().exit == Exit.DONE


def test_a_server_that_is_stopped_part_way_and_started_again_has_all_that_the_resume_needs() -> None:
    cluster = Cluster(free_port())
    with cluster_directory() as home:
        with ExitStack() as lasting:
            lasting.enter_context(server(home, cluster))
            machine = Machine(cluster.url("postgres"), FakeHeroku())

            def stop(event: Event) -> None:
                if isinstance(event, StepDone) and event.step == "remove":
                    lasting.close()

            machine.on_event = stop
            stopped = machine.begin()
        with server(home, cluster):
            machine.on_event = lambda _event: None
            resumed = machine.resume()
            machine.store.engine.dispose()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "STORE_UNUSABLE")
    assert "refused" in stopped.why
    assert stopped.state.startswith("shop has no broker")
    assert PASSWORD not in str(stopped)
    assert resumed.exit == Exit.DONE
    assert machine.heroku.writes == ["set eager", "remove", "add", "unset eager"]
