"""The ways to migrate: each an ordered tuple of steps. Reading it is reading the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.steps import (
    Add,
    AddBeside,
    BridgeBack,
    BridgeOff,
    BridgeOn,
    BridgeWorkers,
    BridgeWorkersOff,
    CarryBack,
    CarryIn,
    CarryOut,
    ChangePlan,
    ChangePlanBack,
    CopiesBack,
    CopyAlarms,
    CopyTopology,
    Drain,
    EagerBack,
    EagerOff,
    EagerOn,
    MaintenanceOff,
    MaintenanceOn,
    Pause,
    Preflight,
    PutBack,
    Quiesce,
    QuiesceAgain,
    QuiesceBack,
    Reattach,
    ReattachBack,
    Redeploy,
    RedeployAgain,
    Remove,
    RemoveNew,
    RemoveOld,
    SaveAlarms,
    SaveTopology,
    ScaleUp,
    Spare,
    StartDrainDynos,
    StopDrainDynos,
    TakeBack,
    Tidy,
    Unpause,
    Verify,
    VerifyAgain,
    VerifyBack,
    VerifyInPlace,
    WorkersBack,
    WorkersDown,
    WorkersDownBack,
    WorkersUp,
    WorkersUpBack,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.migration import Migration
    from migrate.steps import Step

# https://www.cloudamqp.com/docs/celery.html, "Migrate between plans in Celery", with the workers brought to
# rest before each release, which that page leaves out.
DOCUMENTED: Final[tuple[Step, ...]] = (
    Preflight(),
    SaveAlarms(),
    Pause(),
    ScaleUp(),
    Quiesce(),
    WorkersDown(),
    EagerOn(),
    Redeploy(),
    StartDrainDynos(),
    Drain(),
    CarryOut(),
    SaveTopology(),
    MaintenanceOn(),
    Remove(),
    StopDrainDynos(),
    Add(),
    CopyTopology(),
    QuiesceAgain(),
    EagerOff(),
    RedeployAgain(),
    MaintenanceOff(),
    CarryIn(),
    WorkersUp(),
    Unpause(),
    Verify(),
    CopyAlarms(),
)

# The order of https://www.cloudamqp.com/docs/cluster_migration.html (new first, old last), and the one in which
# `heroku pg:promote` moves a name: the old add-on gets a spare one before.
SIDE_BY_SIDE: Final[tuple[Step, ...]] = (
    Preflight(),
    Pause(),
    Quiesce(),
    WorkersDown(),
    AddBeside(),
    Spare(),
    CopyTopology(),
    EagerOn(),
    Redeploy(),
    StartDrainDynos(),
    WorkersBack(),
    ScaleUp(),
    Drain(),
    CarryOut(),
    MaintenanceOn(),
    Reattach(),
    StopDrainDynos(),
    QuiesceAgain(),
    EagerOff(),
    RedeployAgain(),
    MaintenanceOff(),
    CarryIn(),
    WorkersUp(),
    Unpause(),
    Verify(),
    SaveAlarms(),
    CopyAlarms(),
    RemoveOld(),
    Tidy(),
    VerifyAgain(),
)

# Nothing is eager: publishers go to the new broker by a variable that Celery itself reads, and workers are held to
# the old one by another, until it is empty.
BRIDGE: Final[tuple[Step, ...]] = (
    Preflight(),
    Pause(),
    Quiesce(),
    WorkersDown(),
    AddBeside(),
    Spare(),
    CopyTopology(),
    BridgeOn(),
    Redeploy(),
    BridgeWorkers(),
    WorkersBack(),
    ScaleUp(),
    Drain(),
    CarryOut(),
    MaintenanceOn(),
    Reattach(),
    BridgeOff(),
    RedeployAgain(),
    MaintenanceOff(),
    CarryIn(),
    WorkersUp(),
    Unpause(),
    BridgeWorkersOff(),
    Verify(),
    SaveAlarms(),
    CopyAlarms(),
    RemoveOld(),
    Tidy(),
    VerifyAgain(),
)

IN_PLACE: Final[tuple[Step, ...]] = (
    Preflight(),
    Pause(),
    MaintenanceOn(),
    Quiesce(),
    ChangePlan(),
    MaintenanceOff(),
    Unpause(),
    VerifyInPlace(),
)

# From wherever the migration is, until the old add-on is removed: it still has everything.
WAY_BACK: Final[tuple[Step, ...]] = (
    QuiesceBack(),
    EagerBack(),
    MaintenanceOff(),
    StopDrainDynos(),
    CarryBack(),
    WorkersUp(),
    Unpause(),
    VerifyBack(),
)
WAY_BACK_FROM_TWO: Final[tuple[Step, ...]] = (
    StopDrainDynos(),
    WorkersDownBack(),
    ReattachBack(),
    EagerBack(),
    BridgeBack(),
    CopiesBack(),
    MaintenanceOff(),
    CarryBack(),
    TakeBack(),
    RemoveNew(),
    WorkersUpBack(),
    Unpause(),
    VerifyBack(),
)
WAY_BACK_IN_PLACE: Final[tuple[Step, ...]] = (
    QuiesceBack(),
    ChangePlanBack(),
    MaintenanceOff(),
    Unpause(),
    VerifyBack(),
)
WAY_BACK_WITHOUT_RELEASE: Final[tuple[Step, ...]] = (
    PutBack(),
    MaintenanceOff(),
    WorkersUp(),
    Unpause(),
    VerifyBack(),
)

WAYS_BACK: Final = (WAY_BACK, WAY_BACK_FROM_TWO, WAY_BACK_IN_PLACE, WAY_BACK_WITHOUT_RELEASE)

STRATEGIES: Final[Mapping[str, tuple[Step, ...]]] = {
    "documented": DOCUMENTED,
    "side-by-side": SIDE_BY_SIDE,
    "bridge": BRIDGE,
    "in-place": IN_PLACE,
}


def planned(migration: Migration) -> tuple[Step, ...]:
    """Given a migration, return the steps of its strategy that it takes."""
    return belonging(STRATEGIES[migration.strategy], migration)


def belonging(steps: tuple[Step, ...], migration: Migration) -> tuple[Step, ...]:
    """Given steps and a migration, return those that it takes."""
    return tuple(step for step in steps if step.belongs(migration))


def point_of_no_return(steps: tuple[Step, ...]) -> str:
    """Given steps, return the name of the one that removes the old add-on for good; empty where none does."""
    return next((step.name for step in steps if isinstance(step, Remove)), "")
