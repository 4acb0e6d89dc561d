"""One queue whose messages nobody consumes, as the mover of messages finds it; a test may end the process in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrate.brokers.fate import Fate
from migrate.clients.message_mover import Depth
from migrate.clients.taking import Taken
from migrate.fault_points import reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migrate.brokers.report import Binding, QueueShape

LETTERS = "letters"
AT_ONCE = 2
"""Messages of a batch: a handful makes several."""


class FakeMover:
    """Stands for MessageMover, over a list of messages as property bytes and body."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bytes]] = []
        self.declared: QueueShape | None = None
        self.delivered: set[bytes] = set()
        self.refuses = False
        """Whether it takes nothing, as a queue that is full."""
        self.vanishes = False
        """Whether the queue is gone as soon as all is confirmed, as one that expires."""
        self.gives = True
        """Whether what is in the queue is delivered."""
        self.on_its_way: list[tuple[bytes, bytes]] = []
        """What somebody has sent that the queue does not have yet: it comes after the first silence."""

    def close(self) -> None:
        """Nothing to give back."""

    def pass_through(self) -> None:
        """A message comes out again."""

    def depth(self, queue: str) -> Depth | None:
        assert queue == LETTERS
        return Depth(len(self.messages), 0) if self.messages or self.declared else None

    def declare(self, queue: str, shape: QueueShape) -> None:
        assert queue == LETTERS
        self.declared = shape

    def bind(self, _queue: str, _binding: Binding) -> None:
        """Nothing is routed here."""

    @contextmanager
    def taking(self, _queue: str, *, exclusive: bool) -> Iterator[_Taking]:
        assert exclusive
        yield _Taking(self)

    @contextmanager
    def looking(self, _queue: str) -> Iterator[_Taking]:
        yield _Taking(self)

    @contextmanager
    def putting(self) -> Iterator[_Putting]:
        yield _Putting(self)


class _Taking:
    queue = LETTERS

    def __init__(self, mover: FakeMover) -> None:
        self._mover = mover
        self._open = list(enumerate(mover.messages, start=1)) if mover.gives else []
        self._acknowledged = 0

    def batch(self) -> list[Taken]:
        now, self._open = self._open[:AT_ONCE], self._open[AT_ONCE:]
        taken = [
            Taken(tag, body in self._mover.delivered, "", LETTERS, properties, body)
            for tag, (properties, body) in now
        ]
        self._mover.delivered |= {message.body for message in taken}
        if not taken and self._mover.on_its_way:
            count = len(self._mover.messages)
            self._mover.messages += self._mover.on_its_way
            self._open = list(enumerate(self._mover.on_its_way, start=count + 1))
            self._mover.on_its_way = []
        reach("mover", "delivered")
        return taken

    def acknowledge(self, tag: int) -> None:
        reach("mover", "kept")
        del self._mover.messages[: tag - self._acknowledged]
        self._acknowledged = tag
        reach("mover", "acknowledged")

    def settled(self) -> int:
        return 0 if self._mover.gives else len(self._mover.messages)


class _Putting:
    def __init__(self, mover: FakeMover) -> None:
        self._mover = mover

    def put(self, queue: str, messages: Sequence[tuple[bytes, bytes]]) -> range:
        assert queue == LETTERS
        reach("mover", "before put")
        if not self._mover.refuses:
            self._mover.messages += messages
        reach("mover", "put")
        return range(len(messages))

    def fates(self, numbers: range) -> list[Fate]:
        reach("mover", "confirmed")
        if self._mover.vanishes:
            self._mover.messages, self._mover.declared = [], None
        return [Fate.REFUSED if self._mover.refuses else Fate.CONFIRMED] * len(numbers)
