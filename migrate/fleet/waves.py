"""Who is in which wave, and how many failures are too many: pure functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from migrate.errors import UsageError
from migrate.fleet.manifest import REST, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.fleet.manifest import Share

_WHOLE = 100


def waves(apps: Sequence[str], shares: Sequence[Share]) -> tuple[tuple[str, ...], ...]:
    """Given apps and waves as they are written, return the apps of each wave; whoever is left is in the last one.

    ``10%`` is a part of all apps, rounded up. A wave for which no app is left is left out. Apps that a wave names are
    in that one, whatever comes before it. Raises UsageError for a name that is none of the apps.
    """
    named = [name for share in shares if isinstance(share, tuple) for name in share]
    if unknown := [name for name in named if name not in apps]:
        raise UsageError(
            f"A wave names {unknown[0]}, which is none of the apps.",
            why="The apps are those that the fleet names or selects, and that are not on the plan already.",
            next="migrate-plan fleet preview FILE",
        )
    if twice := [name for name in named if named.count(name) > 1]:
        raise UsageError(f"{twice[0]} is in two waves.", why="An app is moved once.", next="mend waves")
    left = [app for app in apps if app not in named]
    made: list[tuple[str, ...]] = []
    for share in shares:
        taken = share if isinstance(share, tuple) else tuple(left[: _size(share, len(apps), len(left))])
        left = [app for app in left if app not in taken]
        made.append(taken)
    return tuple(wave for wave in (*made, tuple(left)) if wave)


def _size(share: int | str, of: int, left: int) -> int:
    if isinstance(share, int):
        return share
    return left if share == REST else math.ceil(of * (percent(share) or 0) / _WHOLE)


def allowed_failures(share: int | str, apps: int) -> int:
    """Given how many may fail as it is written, return the number; ``10%`` is rounded down."""
    return share if isinstance(share, int) else apps * (percent(share) or 0) // _WHOLE
