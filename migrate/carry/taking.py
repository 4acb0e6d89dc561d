"""From a broker into the spool: written and on the disk first, acknowledged after."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from migrate.brokers.report import BrokerRefused, BrokerUnreadable
from migrate.carry.message import fingerprint
from migrate.errors import CarryRefused, QueueConsumed

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.brokers.report import QueueShape
    from migrate.carry.spool import Spool
    from migrate.clients.message_mover import MessageMover
    from migrate.clients.taking import Taken, Taking

_SILENCES: Final = 60
"""Of half a second each, for which a queue that has messages may give none."""


def take_queue(
    mover: MessageMover, spool: Spool, name: str, shape: QueueShape, progress: Callable[[int], None]
) -> int:
    """Take everything out of a queue; return how many messages were written down.

    ``progress`` is told the number so far, between two batches. Raises QueueConsumed, CarryRefused, SpoolUnusable,
    and BrokerUnreadable when the connection is lost; whatever raises, each message is in the queue or in the spool.
    """
    depth = mover.depth(name)
    if depth is None:
        return 0
    if depth.consumers:
        raise _consumed(name, f"{depth.consumers} consumers are on it.")
    queue = spool.queue(name, shape)
    single = "x-single-active-consumer" in shape.arguments
    try:
        with mover.polling(name) if shape.auto_delete else mover.taking(name, exclusive=not single) as taking:
            return _empty(taking, spool, queue, progress)
    except BrokerRefused as error:
        if "exclusive" in str(error) or "in use" in str(error):
            raise _consumed(name, f"The broker says: {error}.") from None
        raise CarryRefused(
            f"The broker does not deliver what is in {name}.", why=f"It says: {error}.", next=""
        ) from None


def _empty(taking: Taking, spool: Spool, queue: int, progress: Callable[[int], None]) -> int:
    known = Counter(filter(None, (fingerprint(m.properties, m.body) for m in spool.perhaps_not_acknowledged(queue))))
    written = forgotten = silences = 0
    while True:
        batch = taking.batch()
        if not batch:
            if taking.settled() == 0:
                break
            silences += 1
            if silences == _SILENCES:
                raise BrokerUnreadable(f"{taking.queue} has messages and delivers none")
            continue
        silences = 0
        new = [message for message in batch if not _is_known(message, known)]
        last = spool.keep(queue, new, forgotten) if new else forgotten
        taking.acknowledge(batch[-1].tag)
        written += len(new)
        progress(written)
        taking.settled()
        forgotten = last
    spool.acknowledged(queue)
    return written


def _is_known(message: Taken, known: Counter[bytes]) -> bool:
    """Whether a message is the second delivery of one that is in the spool: its acknowledgement did not arrive."""
    if not known or not message.redelivered:
        return False
    print_ = fingerprint(message.properties, message.body)
    if print_ is None or not known[print_]:
        return False
    known[print_] -= 1
    return True


def _consumed(name: str, why: str) -> QueueConsumed:
    return QueueConsumed(
        f"Somebody consumes from {name}.",
        why=f"{why} What they hold cannot be carried over, and what is taken from them would be lost to them.",
        next="stop what consumes: workers, scripts, other apps",
    )
