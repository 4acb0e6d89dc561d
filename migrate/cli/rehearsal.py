"""What ``rehearse`` and ``--sandbox`` share: a whole migration under traffic in a throwaway sandbox, judged."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn

import typer

from migrate.choosing import check_strategy
from migrate.cli.report import refuse_overwriting
from migrate.cli.wish import Wish, grant
from migrate.cli.world import World
from migrate.errors import NothingCounted, SandboxUnusable, TasksLost
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.results import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrate.cli.speech import Speech
    from migrate.events import Event, Result
    from migrate.sandbox.address import SandboxAddress
    from migrate.sandbox.rehearsal.rehearsal import Rehearsal
    from migrate.sandbox.rehearsal.report import Report
    from migrate.sandbox.rehearsal.traffic import Traffic


@contextmanager
def installed() -> Iterator[None]:
    """Say how to install the sandbox where what it needs cannot be imported."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise SandboxUnusable(
            "The sandbox is not installed.",
            why=f"{error.name} is missing.",
            next="pip install 'migrate-plan[sandbox]'",
        ) from None


def perform(speech: Speech, rehearsal: Rehearsal, report: Path | None = None) -> NoReturn:
    """Bring up a throwaway sandbox, migrate its app, judge the ledger, take it down; ends the process.

    With ``report`` the page about the migration is written there, before its store goes with the sandbox.
    """
    from migrate.sandbox.lifecycle import SandboxFailed

    check_strategy(rehearsal.strategy)
    if report is not None:
        refuse_overwriting(report, "another --report, or that file removed")
    what = rehearsal.app_dir or "a demo app and its workers"
    speech.people.say(f"Bringing up a local Heroku with {what} and a real RabbitMQ.")
    try:
        with rehearsal.sandbox() as address:
            try:
                status = _in(speech, rehearsal, address)
            finally:
                # Its store goes with the sandbox: there is nothing to look up afterwards.
                speech.forget_store()
                speech.migration = ""
            if report is not None:
                _write_report(speech, address, report)
    except SandboxFailed as error:
        raise SandboxUnusable(
            "The local Heroku did not come up.", why=str(error), next="make demo-setup    (what it needs)"
        ) from None
    raise typer.Exit(status)


def _write_report(speech: Speech, address: SandboxAddress, report: Path) -> None:
    from migrate.cli.report import write

    world = World(_store_of(address), address.rabbitmq_api, 1)
    store = world.store(speech)
    stored = store.newest()
    if stored is not None:
        write(speech, world, store, stored, report, "--report")
    store.engine.dispose()


def _store_of(address: SandboxAddress) -> str:
    return f"sqlite:///{address.directory / 'migrations.sqlite3'}"


def _in(speech: Speech, rehearsal: Rehearsal, address: SandboxAddress) -> int:
    from migrate.sandbox.rehearsal.figures import Span, measured
    from migrate.sandbox.rehearsal.judgement import judge
    from migrate.sandbox.rehearsal.rehearsal import environment, ledger_of, settled, wait_for_tasks
    from migrate.sandbox.rehearsal.report import Report, lines, phases, verdict

    ledger, store = ledger_of(address), _store_of(address)
    os.environ.update(environment(address))
    world = World(store, address.rabbitmq_api, rehearsal.drain_timeout)
    with rehearsal.start_traffic(address) as traffic:
        speech.people.say(f"{address.app} is up; traffic begins.")
        if not wait_for_tasks(ledger, rehearsal.tasks, speech.clock).executed:
            raise _nothing_counted(address, traffic)
        queues = _learned(speech, world, address)
        choices = Choices(rehearsal.strategy, rehearsal.accept)
        wish = Wish(rehearsal.plan_to, address.app, None, choices, address.app, dry_run=False)
        begin = speech.clock.now().timestamp()
        result = grant(speech, world, wish)
        # What follows is no part of the migration, and would be drawn as if it were.
        speech.people.close()
        migration = Span(begin, speech.clock.now().timestamp())
        wait_for_tasks(ledger, judge(ledger).executed + rehearsal.tasks, speech.clock)
        speech.people.say(traffic.stop())
    judgement, requests = settled(ledger, speech.clock), phases(address, migration)
    figures = measured(address.directory, address.app, migration, rehearsal.broker_variable)
    report = Report(address.app, queues, judgement, requests, figures, result.eager_seconds)
    for text in lines(report):
        speech.people.say(text)
    result = _judged(report, result)
    speech.tell(_event(report))
    speech.tell(result)
    speech.people.say(verdict(report))
    return int(result.exit)


def _learned(speech: Speech, world: World, address: SandboxAddress) -> dict[str, int]:
    """Read the work queues and how many consumers each has, and show them."""
    from migrate.brokers.queues import Sorting
    from migrate.brokers.report import BrokerUnreadable
    from migrate.sandbox.rehearsal.report import queue_lines

    broker = world.brokers().open(world.heroku(speech).config_vars(address.app), "CLOUDAMQP_URL")
    try:
        told = Counter(queue for node in broker.control.report().nodes for queue in node.queues)
        # Of both the larger: the broker lists a new consumer up to 5 s late.
        consumers = told | Counter(item.queue for item in broker.rabbitmq.consumers())
        queues = {item.name: consumers[item.name] for item in Sorting().work(broker.rabbitmq.queues())}
    except BrokerUnreadable as error:
        speech.people.say(f"The queues could not be read: {error}.")
        return {}
    finally:
        broker.control.close()
    for text in queue_lines(queues):
        speech.people.say(text)
    return queues


def _nothing_counted(address: SandboxAddress, traffic: Traffic) -> NothingCounted:
    from migrate.sandbox.rehearsal.latency import routed
    from migrate.sandbox.rehearsal.ledger import read
    from migrate.sandbox.rehearsal.rehearsal import ledger_of

    answers = Counter(item.code or str(item.status) for item in routed(address.directory, address.app))
    records, _ = read(ledger_of(address))
    dynos = sorted({record["id"] for record in records if record["what"] == "recording"})
    offered = sum(record["what"] == "offered" for record in records)
    ended = "" if traffic.exit_code is None else f", which ended with {traffic.exit_code}"
    return NothingCounted(
        "No Celery task was executed within a minute of traffic.",
        why=f"Requests: {', '.join(f'{number} x {code}' for code, number in answers.items()) or 'none'}. "
        f"Dynos with Celery: {', '.join(dynos) or 'none'}. Tasks published: {offered}. "
        f"The traffic{ended}, says: {traffic.last_words or 'nothing'}",
        next="the same command, with traffic that makes the app hand over tasks",
    )


def _judged(report: Report, result: Result) -> Result:
    from migrate.sandbox.rehearsal.judgement import complaints

    if result.exit != Exit.DONE or report.judgement.clean:
        return result
    lost = TasksLost("The rehearsal lost or doubled tasks.", why="; ".join(complaints(report.judgement)))
    return refusal(lost)


def _event(report: Report) -> Event:
    from migrate.events import Rehearsed

    judgement = report.judgement
    return Rehearsed(
        app=report.app,
        queues=report.queues,
        tasks={name: asdict(count) for name, count in judgement.names.items()},
        lost={task_id: judgement.name_of[task_id] for task_id in judgement.lost},
        doubled={task_id: judgement.name_of[task_id] for task_id in judgement.doubled},
        raised=len(judgement.raised),
        revoked=len(judgement.revoked),
        refused=len(judgement.refused),
        clean=judgement.clean,
        requests=tuple(asdict(phase) for phase in report.phases),
        figures=asdict(report.figures),
    )
