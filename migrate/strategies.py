"""The ways to migrate: each an ordered tuple of steps. Reading it is reading the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.steps import (
    Add,
    CarryBack,
    CarryIn,
    CarryOut,
    Drain,
    EagerBack,
    EagerOff,
    EagerOn,
    Preflight,
    PutBack,
    Quiesce,
    QuiesceAgain,
    QuiesceBack,
    Remove,
    ScaleUp,
    StartDrainDynos,
    StopDrainDynos,
    Verify,
    VerifyBack,
    WorkersDown,
    WorkersUp,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.migration import Migration
    from migrate.steps import Step

# https://www.cloudamqp.com/docs/celery.html, "Migrate between plans in Celery", with the workers brought to
# rest before each release, which that page leaves out.
DOCUMENTED: Final[tuple[Step, ...]] = (
    Preflight(),
    ScaleUp(),
    Quiesce(),
    WorkersDown(),
    EagerOn(),
    StartDrainDynos(),
    Drain(),
    CarryOut(),
    Remove(),
    StopDrainDynos(),
    Add(),
    QuiesceAgain(),
    EagerOff(),
    CarryIn(),
    WorkersUp(),
    Verify(),
)

# From wherever the migration is, until the old add-on is removed: it still has everything.
WAY_BACK: Final[tuple[Step, ...]] = (
    QuiesceBack(),
    EagerBack(),
    StopDrainDynos(),
    CarryBack(),
    WorkersUp(),
    VerifyBack(),
)
WAY_BACK_WITHOUT_RELEASE: Final[tuple[Step, ...]] = (PutBack(), WorkersUp(), VerifyBack())

STRATEGIES: Final[Mapping[str, tuple[Step, ...]]] = {"documented": DOCUMENTED}


def planned(migration: Migration) -> tuple[Step, ...]:
    """Given a migration, return the steps of its strategy that it takes."""
    return belonging(STRATEGIES[migration.strategy], migration)


def belonging(steps: tuple[Step, ...], migration: Migration) -> tuple[Step, ...]:
    """Given steps and a migration, return those that it takes."""
    return tuple(step for step in steps if step.belongs(migration))
