"""What becomes of messages that the drain leaves: decided by the operator, never by the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.brokers.queues import delay_level
from migrate.carry.account import is_held
from migrate.errors import UsageError

if TYPE_CHECKING:
    from migrate.brokers.report import QueueCount
    from migrate.migration import Migration
    from migrate.store.journal import Journal

WAIT, CARRY, DUMP, DISCARD = "wait", "carry", "dump", "discard"
KINDS: Final = (WAIT, CARRY, DUMP, DISCARD)
_LIMIT, _EXCHANGE, _KEY = "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key"


class Leftovers(Struct, frozen=True):
    """A decision."""

    kind: str = WAIT
    count: int | None = None
    """Exactly how many messages may be discarded."""


def bound_to_stay(queue: QueueCount) -> str:
    """Given a queue, return why its messages can be taken out of it by nobody; empty where they can.

    A message that is published anew has the queue's name for its routing key. One that goes on by its own key when
    its time is over would go astray.
    """
    if queue.type == "stream":
        return "nothing leaves a stream when it is read"
    if delay_level(queue.name) is not None:
        return "when a task is due is in its routing key, which it would lose"
    if _LIMIT in queue.arguments and queue.arguments.get(_EXCHANGE) and _KEY not in queue.arguments:
        return "when their time is over they go on by their own routing keys, which they would lose"
    return ""


def decided(kind: str | None, count: int | None) -> Leftovers | None:
    """Given what was typed, return the decision, None where nothing was; raises UsageError."""
    if kind is None and count is None:
        return None
    if kind not in KINDS:
        raise UsageError(
            f"There is no --leftovers {kind}." if kind else "--discard-count needs --leftovers discard.",
            why=f"There are: {', '.join(KINDS)}.",
            next="--leftovers carry",
        )
    if (kind == DISCARD) != (count is not None):
        raise UsageError(
            "--leftovers discard needs --discard-count.",
            why="Exactly so many messages are discarded, or none.",
            next="--leftovers discard --discard-count N    (N: what the drain says is left)",
        )
    return Leftovers(kind, count)


def decided_anew(migration: Migration, journal: Journal, wanted: Leftovers) -> Migration:
    """Given a migration under way and another decision, return the migration that follows it; raises UsageError."""
    if wanted.kind == WAIT and is_held(journal):
        raise UsageError(
            "There is nothing to wait for any more.",
            why="Messages have been taken out of the broker already.",
            next="--leftovers carry    (or dump)",
        )
    if any(journal.intent(left) is not None for left in ("remove", "reattach")):
        raise UsageError(
            "The app has left the old broker already: no more messages are taken out of it.",
            why="Its workers and publishers have gone, or are going, to the new one.",
            next=f"migrate-plan resume {migration.id}",
        )
    return replace(migration, leftovers=wanted.kind, discard_count=wanted.count)
