"""Named points at which a test ends or disturbs the process; in production reaching one does nothing.

DBOS does the same: https://github.com/dbos-inc/dbos-transact-py/blob/main/dbos/_debug_trigger.py
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BEFORE_INTENT: Final = "before intent"
AFTER_INTENT: Final = "after intent"
AFTER_EFFECT: Final = "after effect"
BEFORE_RECORD: Final = "before record"
AFTER_RECORD: Final = "after record"
IN_WAIT: Final = "in wait"
BEFORE_DONE: Final = "before done"
AFTER_DONE: Final = "after done"

_armed: Callable[[str], None] | None = None


def reach(where: str, point: str) -> None:
    """Say that a step or an effect has got to a point, ``WHERE: POINT``; what a test has armed may not return."""
    if _armed is not None:
        _armed(f"{where}: {point}")


@contextmanager
def armed(action: Callable[[str], None]) -> Iterator[None]:
    """Call an action with the name of every point that is reached within the block."""
    global _armed  # noqa: PLW0603 -- the points are in the middle of the program; handing it down would change it
    before, _armed = _armed, action
    try:
        yield
    finally:
        _armed = before
