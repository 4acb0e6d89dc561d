"""Workers that greet each other when they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.row import Row, Verdict
from migrate.advice.worker_flags import without

if TYPE_CHECKING:
    from migrate.advice.practice import Practice


def without_mingle(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each worker of the formation."""
    return without(practice, "mingle", missing=Verdict.ADVICE, why=_WHY)


_WHY = (
    "A worker that starts asks all others for what they know, and waits for it: messages and a second at every "
    "start, for revoked tasks and clocks alone."
)
