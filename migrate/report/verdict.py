"""How a migration stands, in one line that is read first."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.report.durations import took
from migrate.store.records import OPEN
from migrate.wording import counted

if TYPE_CHECKING:
    from migrate.events import Result, StatusRead
    from migrate.history import Past
    from migrate.report.conservation import Conservation


class Mood(StrEnum):
    """How it looks."""

    GOOD = "good"
    BUSY = "busy"
    """Somebody works on it."""
    CARE = "care"
    """Somebody must do something, or nothing can be said."""
    BAD = "bad"


class Verdict(Struct, frozen=True):
    """What is said first."""

    mood: Mood
    headline: str
    facts: tuple[str, ...]
    """What belongs to it: messages left behind, eager seconds."""
    why: str
    state: str
    """What is true of the app."""
    next: tuple[str, ...]
    back: str


_WORDS = {
    "done": (Mood.GOOD, "Done"),
    "rolled-back": (Mood.CARE, "Undone: the app is back on the old plan"),
    "abandoned": (Mood.CARE, "Given up"),
    "ended": (Mood.CARE, "Ended before anything was changed"),
}


def verdict(read: StatusRead, stood: Result, past: Past, known: Conservation) -> Verdict:
    """Given where a migration stands and what became of its messages, return the verdict."""
    mood, headline = _headline(read, past)
    lost = known.ledger.lost + known.ledger.doubled if known.ledger else 0
    if lost:
        mood = Mood.BAD
    return Verdict(
        mood=mood,
        headline=headline,
        facts=tuple(_facts(read, past, known)),
        why=stood.why,
        state=stood.state,
        next=stood.next,
        back=stood.back,
    )


def _behind(left: int) -> str:
    return f"{counted(left, 'message')} left behind"


def _headline(read: StatusRead, past: Past) -> tuple[Mood, str]:
    if read.phase in _WORDS:
        return _WORDS[read.phase]
    way = "on its way back, at" if read.phase == "rolling-back" else "at"
    if read.holder:
        return Mood.BUSY, f"Running, {way} {read.step}" if read.step else "Running"
    kept = past.code == "KEPT"
    if kept:
        return Mood.CARE, "Moved; the old add-on is kept"
    why = f" ({past.code})" if past.code else ""
    stopped = "Stopped" if read.phase != "running" else "Its process ended without a word"
    return Mood.BAD, f"{stopped}, {way} {read.step}{why}" if read.step else f"{stopped}{why}"


def _facts(read: StatusRead, past: Past, known: Conservation) -> list[str]:
    facts = []
    if known.ledger:
        ledger = known.ledger
        facts.append(f"{ledger.executed} of {counted(ledger.handed_over, 'task')} executed, {ledger.lost} lost")
    if read.phase == "done":
        facts.append("messages left behind: unknown" if known.left is None else _behind(known.left))
    elif read.phase in OPEN and known.left is not None:
        facts.append(f"{counted(known.left, 'message')} left on the old broker, {known.left_why}")
    if past.eager_seconds is not None:
        facts.append(f"eager for {took(past.eager_seconds)}")
    elif past.eager:
        facts.append("still eager: tasks run inside their callers")
    return facts
