"""What has gone through a vhost, as its broker counts it: up to 10 s late, and anew after the broker's restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Passed(Struct, frozen=True):
    """What has gone through one queue since it was made."""

    routed: int
    """Messages that came into it: one that is published to several queues is counted in each."""
    delivered: int
    """Messages that were handed to somebody, once more for each time."""


class Traffic(Struct, frozen=True):
    """One reading of a vhost."""

    published: int | None
    """Messages that clients have published, also those that reached no queue; None where only queues are counted."""
    delivered: int | None
    """Messages that were handed to somebody, also by queues that are gone; None likewise."""
    exchanges: Mapping[str, int]
    """Messages that were published to each exchange; the default one has no name."""
    queues: Mapping[str, Passed]
