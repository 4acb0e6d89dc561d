"""What was chosen, as one would type it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from migrate.migration import Choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migrate.migration import Migration


def as_typed(choices: Choices, app: str, plan: str) -> str:
    """Given what was chosen, an app and a plan, return the command that asks for just that."""
    return shlex.join(_words(choices, app, plan))


def begun_anew(migration: Migration) -> list[str]:
    """Given a migration, return the words of the command that begins another one just like it."""
    choices = Choices(
        strategy=migration.strategy,
        accepted=migration.accepted,
        sorting=migration.sorting,
        drain_dynos=True if migration.drain_by == "dynos" else None,
        scale_up=migration.scale_up,
        leftovers=migration.leftovers,
        discard_count=migration.discard_count,
        keep_old=migration.keep_old,
        bridge_workers=migration.bridge_workers,
        kept_copies=migration.kept_copies,
        paused=tuple(migration.paused),
        maintenance=migration.maintenance,
        deploy=migration.deploy,
        copy_alarms=migration.copy_alarms,
        held_before=migration.held_before,
    )
    return _words(choices, migration.app, migration.to_plan.partition(":")[2])


def _words(choices: Choices, app: str, plan: str) -> list[str]:
    return ["migrate-plan", "--to", plan, "--app", app, *_options(choices)]


def _options(choices: Choices) -> Iterator[str]:
    plain = Choices()
    several = {
        "--accept": choices.accepted,
        "--queue": choices.sorting.work_patterns,
        "--ignore-queue": choices.sorting.ignored_patterns,
        "--scale-up": _quantities(choices.scale_up),
        "--bridge-worker": _quantities(choices.bridge_workers),
        "--keep-copy": choices.kept_copies,
        "--pause": choices.paused,
        "--hold-before": choices.held_before,
    }
    single = {
        "--strategy": (choices.strategy, plain.strategy),
        "--leftovers": (choices.leftovers, plain.leftovers),
        "--discard-count": (choices.discard_count, plain.discard_count),
        "--deploy": (choices.deploy, plain.deploy),
    }
    switches = {
        "--drain-dynos": choices.drain_dynos is True,
        "--no-drain-dynos": choices.drain_dynos is False,
        "--keep-old": choices.keep_old,
        "--maintenance": choices.maintenance,
        "--copy-alarms": choices.copy_alarms,
    }
    for option, (value, default) in single.items():
        yield from () if value == default else (option, str(value))
    for option, values in several.items():
        for value in values:
            yield from (option, value)
    yield from (option for option, on in switches.items() if on)


def _quantities(dynos: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"{name}={count}" for name, count in dynos.items())
