"""From the spool to a broker: struck off once the broker has confirmed it, never sent twice without a look."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from migrate.brokers.fate import Fate
from migrate.brokers.report import BrokerRefused
from migrate.carry.message import fingerprint, task_of, without_user
from migrate.errors import CarryInDoubt, CarryRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from migrate.carry.spool import Kept, Queue, Spool
    from migrate.clients.message_mover import MessageMover
    from migrate.clients.putting import Putting

_BATCH: Final = 200
_BATCH_BYTES: Final = 8 * 1024 * 1024
_SHOWN: Final = 10
_SILENCES: Final = 10
"""Of half a second each, for which a queue may give nothing though it says that it has more."""
_CALM: Final = 6
"""Such silences after which nothing is on its way any more that a killed process has sent: a broker reads what was
sent before it sees that the connection is gone, and a quorum queue takes its time."""
_UNDER_WAY: Final = 4
"""Batches that are sent and not confirmed: while the broker writes one, others are on their way."""
LOOK_AT: Final = 900
"""A shared plan of CloudAMQP ends a connection that has more than 1000 messages unacknowledged."""

_Sent = tuple[range, list[int]]


def give_queue(
    mover: MessageMover,
    spool: Spool,
    queue: Queue,
    progress: Callable[[int], None],
    *,
    look_at: int = LOOK_AT,
    twice: bool = False,
    back: bool = False,
    sent_to: MessageMover | None = None,
) -> int:
    """Publish what waits for one queue, declared as it was; return how many messages were published.

    What an earlier process has sent and not seen confirmed is looked for in the queue first, if that holds no more
    than ``look_at`` messages; with ``twice`` it is sent again where that cannot be seen. What has no task id is
    sent again always. ``back``: to the broker that it was taken from, which may have what was not acknowledged.
    ``sent_to``: where an earlier process has sent it, if that was another broker, which keeps what has arrived.

    Raises CarryRefused, CarryInDoubt, SpoolUnusable, and BrokerUnreadable when the connection is lost; whatever
    raises, what is not confirmed stays in the spool.
    """
    try:
        _declare(mover, queue)
        doubtful = [*spool.in_doubt(queue.number)] if queue.in_doubt else []
        if doubtful and sent_to is not None:
            _settle(sent_to, spool, queue, doubtful, look_at, twice=twice)
            doubtful = []
        if back:
            known = {message.number for message in doubtful}
            left = spool.perhaps_not_acknowledged(queue.number)
            doubtful += [message for message in left if not message.struck and message.number not in known]
        if doubtful:
            _settle(mover, spool, queue, doubtful, look_at, twice=twice)
        with mover.putting() as putting:
            return _publish(putting, spool, queue, progress)
    except BrokerRefused as error:
        raise CarryRefused(
            f"The broker does not accept messages for {queue.name}.",
            why=f"It says: {error}. All that it has not confirmed is in the spool.",
            next="",
        ) from None


def _declare(mover: MessageMover, queue: Queue) -> None:
    if mover.depth(queue.name) is None:
        mover.declare(queue.name, queue.shape)
    for binding in queue.shape.bindings:
        mover.bind(queue.name, binding)


def _publish(putting: Putting, spool: Spool, queue: Queue, progress: Callable[[int], None]) -> int:
    under_way = list[_Sent]()
    published = done = 0
    for batch in _batches(spool.waiting(queue.number)):
        if len(under_way) == _UNDER_WAY:
            done = _confirmed(putting, spool, queue, under_way)
        # In one transaction: an earlier batch is confirmed, this one is about to be sent.
        spool.sending(queue.number, batch[-1].number, done)
        content = [(without_user(message.properties), message.body) for message in batch]
        under_way.append((putting.put(queue.name, content), [message.number for message in batch]))
        published += len(batch)
        progress(published)
    while under_way:
        done = _confirmed(putting, spool, queue, under_way)
    spool.struck_off(queue.number, done)
    return published


def _confirmed(putting: Putting, spool: Spool, queue: Queue, under_way: list[_Sent]) -> int:
    """Return the number of the oldest batch's last message once all of it is confirmed; raises CarryRefused."""
    sent, batch = under_way.pop(0)
    fates = dict(zip(batch, putting.fates(sent), strict=True))
    if all(fate is Fate.CONFIRMED for fate in fates.values()):
        return batch[-1]
    for later, numbers in under_way:
        fates |= zip(numbers, putting.fates(later), strict=True)
    spool.strike([number for number, fate in fates.items() if fate is Fate.CONFIRMED])
    spool.call_back(queue.number)
    bad = [fate for fate in fates.values() if fate is not Fate.CONFIRMED]
    limit = "A limit of the queue keeps it from taking more."
    raise CarryRefused(
        f"The broker did not take {len(bad)} messages for {queue.name}.",
        why=f"{limit if bad[0] is Fate.REFUSED else 'It has no such queue any more.'} They are in the spool.",
        next="",
    )


def _settle(
    mover: MessageMover, spool: Spool, queue: Queue, doubtful: Sequence[Kept], look_at: int, *, twice: bool
) -> None:
    """Find out which messages are in a queue already, and strike those off."""
    depth = mover.depth(queue.name)
    if depth is None or (depth.consumers == 0 and depth.ready <= look_at):
        there = _prints(mover, queue, depth.ready) if depth else Counter()
        prints = {message.number: fingerprint(message.properties, message.body) for message in doubtful}
        spool.strike([number for number, mark in prints.items() if mark is not None and _take_one(there, mark)])
    elif not twice:
        ids = [task_of(message.properties)[0] or "one without an id" for message in doubtful[:_SHOWN]]
        more = f" and {len(doubtful) - _SHOWN} more" if len(doubtful) > _SHOWN else ""
        why = "somebody takes from it" if depth.consumers else f"it holds {depth.ready} messages, too many to look at"
        raise CarryInDoubt(
            f"Whether {len(doubtful)} messages have arrived in {queue.name} cannot be seen: {why}.",
            why=f"They were sent when a process was killed: {', '.join(ids)}{more}.",
            next="--accept CARRY_IN_DOUBT    (sends them again, so that some may run twice)",
        )
    spool.call_back(queue.number)


def _prints(mover: MessageMover, queue: Queue, ready: int) -> Counter[bytes]:
    """Look at all that is in a queue without taking it."""
    found: Counter[bytes] = Counter()
    seen = silences = 0
    with mover.polling(queue.name) if queue.shape.auto_delete else mover.looking(queue.name) as taking:
        # Some may have expired meanwhile; some may be on their way to the queue, or from it to us.
        while silences < (_SILENCES if seen < ready else _CALM):
            batch = taking.batch()
            seen += len(batch)
            silences = 0 if batch else silences + 1
            found.update(filter(None, (fingerprint(message.properties, message.body) for message in batch)))
    return found


def _take_one(arrived: Counter[bytes], mark: bytes) -> bool:
    arrived[mark] -= 1
    return arrived[mark] >= 0


def _batches(messages: Iterator[Kept]) -> Iterator[list[Kept]]:
    batch, total = list["Kept"](), 0
    for message in messages:
        batch.append(message)
        total += len(message.body)
        if len(batch) == _BATCH or total >= _BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
