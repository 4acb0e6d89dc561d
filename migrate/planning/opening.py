"""What is decided between the command line and the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.brokers.queue_rows import queue_rows
from migrate.brokers.queues import IGNORED
from migrate.brokers.report import Unreadable
from migrate.changes import marks
from migrate.changes.deploys import SLUG, refuse_secrets
from migrate.drain.who_drains import who_drains
from migrate.errors import (
    AddOnAmbiguous,
    AddOnMissing,
    ConfirmationMismatch,
    ConfirmationMissing,
    MigrationUnfinished,
    PreflightRefused,
    PreviewApplied,
    UsageError,
)
from migrate.events import Previewed
from migrate.holder import living
from migrate.migration import Choices, Migration
from migrate.outlook import outlooks
from migrate.planning.estimate import estimate
from migrate.planning.found import depths, found
from migrate.preflight import blocking, findings
from migrate.preflight.ignored_in_use import IN_USE
from migrate.state import turned_round
from migrate.store.journal import Journal
from migrate.store.records import OPEN, State
from migrate.strategies import planned
from migrate.ways import gates
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.brokers.queues import Sorting
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.facts import Facts
    from migrate.platform import AddOn
    from migrate.store.records import Record
    from migrate.store.store import Store


def choose_add_on(add_ons: Sequence[AddOn], wanted: str | None, app: str) -> AddOn:
    """Given an app's CloudAMQP add-ons, return the one that is meant, by name where there are several.

    Raises AddOnMissing or AddOnAmbiguous.
    """
    matching = [item for item in add_ons if wanted is None or wanted in {item.name, item.id}]
    if len(matching) == 1:
        return matching[0]
    names = ", ".join(f"{item.name} ({item.plan})" for item in add_ons)
    if matching:
        raise AddOnAmbiguous(
            f"{app} has {len(matching)} CloudAMQP add-ons.",
            why=f"They are {names}.",
            next=f"--add-on {matching[0].name}",
        )
    raise AddOnMissing(
        f"{app} has no CloudAMQP add-on{f' named {wanted}' if wanted else ''}.",
        why=f"It has {names}." if names else "Heroku lists none of that service.",
        next=f"heroku addons --app {app}",
    )


def refuse_unfinished(store: Store, app: str, clock: Clock, command: Command) -> None:
    """Raise MigrationUnfinished when an earlier migration of the app stopped part-way.

    One that stopped before it changed anything is closed instead.
    """
    record = store.unfinished(app)
    if record is None:
        return
    if Journal(store, record.migration.id, clock).changed_anything or living(store.holder(app)):
        raise unfinished(record, command)
    store.set_state(record.migration.id, State.ENDED)


def unfinished(record: Record, command: Command) -> MigrationUnfinished:
    """Given a migration that is under way, return the error that keeps another one of its app from starting."""
    migration = record.migration
    return MigrationUnfinished(
        f"Migration {migration.id} of {migration.app} to {migration.to_plan} is not finished.",
        why=f"It began {record.created_at:%Y-%m-%d %H:%M} UTC and is {record.state}. "
        "It can be resumed, rolled back or abandoned.",
        next=command("resume", migration),
    )


def applied(record: Record, command: Command) -> PreviewApplied:
    """Given the migration that a saved preview has become, return the error that keeps it from becoming another."""
    migration = record.migration
    status = f"migrate-plan status {migration.id}"
    return PreviewApplied(
        f"This preview was applied already, at {record.created_at:%Y-%m-%d %H:%M} UTC.",
        why=f"It became migration {migration.id}, which is {record.state}. A preview is applied once.",
        next=command("resume", migration) if record.state in OPEN else status,
    )


def refuse_marked(marker: str, app: str) -> None:
    """Given the app's marker variable, raise AppHeld when it says that somebody migrates the app."""
    if found := marks.read(marker):
        raise marks.foreign(app, found)


def preview(facts: Facts, migration: Migration) -> Previewed:
    """Given the facts and the migration that they make, return all that the operator should see before deciding."""
    facts = facts.decided(migration)
    return Previewed(
        app=facts.app.name,
        add_on=facts.add_on.name,
        from_plan=facts.add_on.plan,
        to_plan=facts.target,
        price_before=facts.current_plan.price if facts.current_plan else "price unknown",
        price_after=facts.target_plan.price if facts.target_plan else "price unknown",
        strategy=migration.strategy,
        findings=findings(facts),
        steps=tuple(step.preview(facts) for step in planned(migration))
        if facts.target_plan and facts.releases
        else (),
        queues=queue_rows(facts.broker),
        strategies=outlooks(facts) if facts.target_plan and facts.releases else (),
        found=found(facts),
        depths=depths(facts.broker),
        estimate=estimate(facts) if facts.target_plan and facts.releases else None,
        held_before=migration.held_before,
    )


def refuse_findings(previewed: Previewed, migration: Migration) -> None:
    """Raise PreflightRefused when a finding keeps the migration from starting."""
    if found := blocking(previewed.findings, migration.accepted, migration.answered):
        raise PreflightRefused(found)


def check_confirmation(given: str | None, app: str) -> None:
    """Given what was typed for the app's name, raise unless it is that name."""
    if given is None:
        raise ConfirmationMissing(
            "Nobody confirmed the migration.",
            why="There is no terminal to ask at, and --confirm was not given.",
            next=f"the same command with --confirm {app}",
        )
    if given != app:
        raise ConfirmationMismatch(
            f"The confirmation {given!r} is not the app's name.",
            why=f"The app is {app}.",
            next=f"the same command with --confirm {app}",
        )


def migration_of(facts: Facts, migration_id: str, choices: Choices) -> Migration:
    """Given the facts and what was asked for, return the migration that they make."""
    workers = facts.broker.workers
    answering = 0 if isinstance(workers, Unreadable) else len(workers.nodes)
    present = {item.type: item.quantity for item in facts.formation if item.type != "release"}
    if unknown := sorted(choices.scale_up.keys() - present.keys()):
        raise UsageError(
            f"{facts.app.name} has no process type {unknown[0]} to scale up.",
            why=f"It has {', '.join(present) or 'none'}.",
            next="--scale-up TYPE=QUANTITY    (heroku ps:type shows the types)",
        )
    if unknown := sorted(choices.bridge_workers.keys() - facts.worker_dynos.keys()):
        raise UsageError(
            f"{facts.app.name} has no process type {unknown[0]} that is seen to run a Celery worker.",
            why=f"It has {', '.join(present) or 'none'}.",
            next="--bridge-worker TYPE=QUANTITY    (heroku ps:type shows the types)",
        )
    migration = Migration(
        id=migration_id,
        app=facts.app.name,
        add_on=facts.add_on.name,
        add_on_id=facts.add_on.id,
        from_plan=facts.add_on.plan,
        to_plan=facts.target,
        attachments=facts.own_attachments,
        strategy=choices.strategy,
        eager_before=facts.eager,
        consumed=facts.broker.consumed_queues,
        workers=max(answering, facts.expected_workers),
        accepted=choices.accepted,
        drain_by=who_drains(facts, choices),
        formation=facts.worker_dynos | {name: present[name] for name in choices.scale_up},
        scale_up=choices.scale_up,
        work_patterns=choices.sorting.work_patterns,
        ignored_patterns=choices.sorting.ignored_patterns,
        leftovers=choices.leftovers,
        discard_count=choices.discard_count,
        copy_alarms=choices.copy_alarms,
        keep_old=choices.keep_old,
        bridge_workers=choices.bridge_workers,
        copies=_copies(facts, choices),
        kept_copies=choices.kept_copies,
        paused=_paused(facts, choices),
        maintenance=choices.maintenance and not facts.app.maintenance,
        deploy=_deploy(facts, choices),
        held_before=choices.held_before,
    )
    gates.check(migration)
    return migration


def _deploy(facts: Facts, choices: Choices) -> str:
    """Return how to deploy; raises UsageError where there is no slug to release again, or a secret in the command."""
    refuse_secrets(choices.deploy)
    if choices.deploy == SLUG and not any(item.slug for item in facts.releases if item.current):
        raise UsageError(
            f"{facts.app.name} has no slug to release again.",
            why="Its current release shows none.",
            next="the same command without --deploy slug",
        )
    return choices.deploy


def _paused(facts: Facts, choices: Choices) -> dict[str, int]:
    """Return how many dynos there are of each type that is to be paused; raises UsageError for one that cannot be."""
    types = {item.type: item for item in facts.formation if item.type != "release"}
    if unknown := sorted(set(choices.paused) - types.keys()):
        raise UsageError(
            f"{facts.app.name} has no process type {unknown[0]} to pause.",
            why=f"It has {', '.join(types) or 'none'}.",
            next="--pause TYPE    (heroku ps:type shows the types)",
        )
    if workers := [name for name in choices.paused if types[name].runs_celery_worker]:
        raise UsageError(
            f"{workers[0]} runs a Celery worker, which is not paused.",
            why="Workers empty the old broker; where others do, they are scaled to 0 by themselves.",
            next="the same command without it    (or: --drain-dynos)",
        )
    return {name: types[name].quantity for name in choices.paused}


def _copies(facts: Facts, choices: Choices) -> tuple[str, ...]:
    """Return the variables that are to be rewritten: all that certainly can be, but for those that are to be kept."""
    found = {item.variable: item for item in facts.copies if not item.app}
    if unknown := sorted(set(choices.kept_copies) - found.keys()):
        raise UsageError(
            f"{facts.app.name} has no copy of the broker's address in {unknown[0]}.",
            why=f"Copies are in {listed(list(found))}." if found else "No variable holds one.",
            next="the same command without --keep-copy",
        )
    if choices.strategy == "in-place":
        return ()  # it makes no release that could set them
    return tuple(name for name, item in found.items() if not item.doubt and name not in choices.kept_copies)


def sorted_anew(migration: Migration, sorting: Sorting) -> Migration:
    """Given a migration and what was said of its queues since, return the migration that follows it.

    Raises UsageError when tasks of a queue that workers consume would be given up.
    """
    ignored = tuple(dict.fromkeys((*migration.ignored_patterns, *sorting.ignored_patterns)))
    work = tuple(dict.fromkeys((*migration.work_patterns, *sorting.work_patterns)))
    changed = replace(migration, work_patterns=work, ignored_patterns=ignored)
    lost = [name for name in migration.consumed if changed.sorting.kind_by_name(name) == IGNORED]
    if lost and sorting.ignored_patterns and IN_USE not in migration.accepted:
        raise UsageError(
            f"--ignore-queue would give up tasks of {listed(lost)}.",
            why="Workers consume it.",
            next=f"a narrower pattern, or the same command with --accept {IN_USE}",
        )
    return changed


def drained_by_dynos(migration: Migration, journal: Journal) -> Migration:
    """Given a migration that is under way, return it with dynos that drain from here on, as workers did not do well.

    Raises UsageError where that comes too late, or where there are none in whose place they could stand.
    """
    if migration.drain_by == "dynos":
        return migration
    why = ""
    if journal.intent("remove") is not None or turned_round(journal):
        why = "Nothing is drained any more."
    elif not any(migration.formation.values()):
        why = "When it began, no dyno was seen to run a Celery worker."
    if why:
        raise UsageError(
            "--drain-dynos cannot help this migration now.", why=why, next=f"migrate-plan resume {migration.id}"
        )
    return replace(migration, drain_by="dynos")
