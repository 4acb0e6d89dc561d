"""What is true of the app at every point of a strategy: sentences, the furthest point first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.states import documented, in_place, two_brokers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.states.points import Points

STATES: Final[Mapping[str, Points]] = {
    "documented": documented.POINTS,
    "side-by-side": two_brokers.SIDE_BY_SIDE,
    "bridge": two_brokers.BRIDGE,
    "in-place": in_place.POINTS,
}
