"""What became of a message that was sent to a broker."""

from __future__ import annotations

from enum import Enum


class Fate(Enum):
    """What the broker did with a message that was put."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    """A negative acknowledgement: a length limit with reject-publish, or a fault of the queue."""
    RETURNED = "returned"
    """There is no such queue."""
