"""The shapes in which the demo hands tasks to Celery: each kind of canvas is one function here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from celery import chain, chord, group

from migrate.sandbox.demo.tasks import part, spawn, stumble, work

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Mapping

DURATIONS: Final = ((0.80, 0.01, 0.06), (0.15, 0.06, 0.3), (0.04, 0.5, 1.5), (0.01, 2.0, 5.0))
"""Share, shortest, longest: nearly all tasks are short, a few are not."""

LONGEST_CANVAS: Final = 8.0
"""Seconds of work in one canvas; in eager mode all of it is done inside one request."""

COUNTDOWN_SECONDS: Final = (1.0, 3.0)


@dataclass(frozen=True)
class Entry:
    """One task of a canvas, as the ledger knows it."""

    id: str
    name: str
    carried_by: tuple[str, ...]
    """The messages that must all be published for this task to be on its way."""


@dataclass(frozen=True)
class Canvas:
    """What one request hands to Celery."""

    id: str
    entries: tuple[Entry, ...]
    signature: Any
    """Celery's own object, ready for `apply_async`."""


class Draft:
    """The entries of a canvas while it is being drawn, and the work left for each of them."""

    def __init__(self, kind: str, chance: random.Random, seconds: float | None = None) -> None:
        self.kind = kind
        self.chance = chance
        self.id = f"{kind}-{uuid.uuid4().hex[:12]}"
        self.entries: list[Entry] = []
        self._seconds = seconds
        self._left = LONGEST_CANVAS

    def entry(self, role: str, carried_by: Iterable[str] = ()) -> str:
        """Add a task, carried by its own message unless others carry it, and return its id."""
        task_id = f"{self.id}.{len(self.entries) + 1}"
        self.entries.append(Entry(task_id, f"{self.kind}.{role}", tuple(carried_by) or (task_id,)))
        return task_id

    def seconds(self, tries: int = 1) -> float:
        """Return how long the next task works, so often, within what one canvas may take."""
        drawn = duration(self.chance) if self._seconds is None else self._seconds
        chosen = min(drawn, self._left / tries)
        self._left -= chosen * tries
        return round(chosen, 3)

    def task(self, role: str, task: Any = work, carried_by: Iterable[str] = ()) -> Any:
        """Add a plain task and return its signature, whose Celery id is the ledger's."""
        task_id = self.entry(role, carried_by)
        return task.si(task_id, self.seconds()).set(task_id=task_id)

    def size(self, smallest: int, largest: int) -> int:
        """Return a number of tasks."""
        return self.chance.randint(smallest, largest)


def duration(chance: random.Random) -> float:
    """Return how long a task works, in seconds."""
    _, shortest, longest = chance.choices(DURATIONS, weights=[share for share, _, _ in DURATIONS])[0]
    return chance.uniform(shortest, longest)


def single(draft: Draft) -> Any:
    """Draw one task."""
    return draft.task("only")


def chained(draft: Draft) -> Any:
    """Draw tasks one after another: the message of the first carries them all."""
    first = draft.task("1")
    head = (first.options["task_id"],)
    return chain(first, *(draft.task(str(n), carried_by=head) for n in range(2, draft.size(3, 5) + 1)))


def grouped(draft: Draft) -> Any:
    """Draw tasks side by side, each a message of its own."""
    return group([draft.task("member") for _ in range(draft.size(3, 5))])


def chorded(draft: Draft) -> Any:
    """Draw tasks side by side, then a body once all are done, then one more task."""
    header = [draft.task("header", part) for _ in range(draft.size(2, 4))]
    ids = tuple(signature.options["task_id"] for signature in header)
    body = draft.task("body", carried_by=ids)
    return chord(header, body | draft.task("tail", carried_by=ids))


def retrying(draft: Draft) -> Any:
    """Draw a task that asks for another try once or twice, and one that follows its success."""
    task_id, failures = draft.entry("stumbling"), draft.size(1, 2)
    stumbling = stumble.si(task_id, draft.seconds(failures + 1), failures).set(task_id=task_id)
    return chain(stumbling, draft.task("after", carried_by=(task_id,)))


def spawning(draft: Draft) -> Any:
    """Draw a task that hands over others while it runs; those enter the ledger at that moment."""
    task_id, own_seconds = draft.entry("parent"), draft.seconds()
    children = {f"{task_id}.{n}": draft.seconds() for n in range(1, draft.size(1, 3) + 1)}
    return spawn.si(task_id, own_seconds, children).set(task_id=task_id)


def delayed(draft: Draft) -> Any:
    """Draw a task that workers hold back for a while."""
    return draft.task("only").set(countdown=draft.chance.uniform(*COUNTDOWN_SECONDS))


KINDS: Final[Mapping[str, Callable[[Draft], Any]]] = {
    "single": single,
    "chain": chained,
    "group": grouped,
    "chord": chorded,
    "retry": retrying,
    "spawn": spawning,
    "countdown": delayed,
}


def draw(kind: str, chance: random.Random, seconds: float | None = None) -> Canvas:
    """Given a kind, a source of chance and perhaps a fixed duration, return a new canvas with new ids."""
    draft = Draft(kind, chance, seconds)
    signature = KINDS[kind](draft)
    return Canvas(draft.id, tuple(draft.entries), signature)
