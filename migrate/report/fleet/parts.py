"""What a page about a fleet picks out of its apps, in HTML as in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from migrate.fleet.members import AppState

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOWEST: Final = 5
_WELL: Final = frozenset({AppState.DONE, AppState.WAITING, AppState.WORKING})


class OfApp(Protocol):
    """What is known of one app, at least."""

    @property
    def state(self) -> str:
        """How it stands."""

    @property
    def seconds(self) -> float | None:
        """How long it has taken; None before it has begun."""


Row = TypeVar("Row", bound=OfApp)


def to_look_at(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Given apps, return those about which somebody must do something."""
    return tuple(row for row in rows if row.state not in _WELL)


def slowest(rows: Sequence[Row], most: int = SLOWEST) -> tuple[Row, ...]:
    """Given apps, return those that are done and took the longest, the slowest first."""
    done = [row for row in rows if row.seconds is not None and row.state == AppState.DONE]
    return tuple(sorted(done, key=lambda row: -(row.seconds or 0.0))[:most])
