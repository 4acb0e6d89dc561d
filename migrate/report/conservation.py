"""Where the messages of the old broker went: in, executed, carried over, left. What is not known stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from migrate.report.story import Record, Told

_CLOSE: Final = 50
"""By so much the broker's counters may be off what its queues say and still mean the same messages."""
LATE: Final = "the broker's counters are up to 10 s late"


class Ledger(Struct, frozen=True):
    """What a rehearsal has counted task by task, in the app itself."""

    handed_over: int
    executed: int
    lost: int
    doubled: int


class Conservation(Struct, frozen=True):
    """Messages of the old broker's work queues, None where it is not known."""

    since: datetime | None
    """From when on they are counted."""
    there: int | None
    """On the broker at that moment."""
    there_by_counters: int | None
    """The same by its counters; None where they say nothing of use."""
    came: int | None
    executed: int | None
    carried: int
    """Taken out to the spool."""
    given: int
    """Of these: put into a broker."""
    left: int | None
    left_why: str
    """What that rests on, or why it is not known."""
    unknown: tuple[str, ...]
    """Why something is not known."""
    ledger: Ledger | None
    """Where it was a rehearsal."""

    @property
    def difference(self) -> int | None:
        """How many more there were than are accounted for; 0: it adds up; None: that cannot be said."""
        if self.there is None or self.came is None or self.executed is None or self.left is None:
            return None
        there = self.executed + self.carried + self.left - self.came
        known = sorted({self.there, self.there if self.there_by_counters is None else self.there_by_counters})
        return 0 if known[0] <= there <= known[-1] else self.there - there


def conservation(record: Record) -> Conservation:
    """Given the events of a migration, return where its messages went."""
    first = next((i for i in record if i.type == "broker.counted" and i.body.get("messages") is not None), None)
    last = _last_look(record)
    came, executed, why = _growth(first, last)
    left, left_why = _left(record, last)
    moved = [item.body for item in record if item.type == "messages.moved"]
    return Conservation(
        since=first.at if first else None,
        there=first.body["messages"] if first else None,
        there_by_counters=_by_counters(first.body) if first else None,
        came=came,
        executed=executed,
        carried=sum((body.get("messages") or 0) for body in moved if body.get("to") == "spool"),
        given=sum((body.get("messages") or 0) for body in moved if body.get("to") == "broker"),
        left=left,
        left_why=left_why,
        unknown=why,
        ledger=_ledger(record),
    )


def _last_look(record: Record) -> Told | None:
    looks = [i for i in record if i.type == "step.waiting" and "published" in (i.body.get("detail") or {})]
    known = [item for item in looks if item.body["detail"]["published"] is not None]
    found = known or looks
    return found[-1] if found else None


def _growth(first: Told | None, last: Told | None) -> tuple[int | None, int | None, tuple[str, ...]]:
    """Return what was published and acknowledged from the one to the other, and why that is not known."""
    if first is None:
        return None, None, ("the broker was not counted at the beginning",)
    if last is None:
        return None, None, ("the record has no look of a drain",)
    detail = last.body["detail"]
    grown: dict[str, int | None] = {}
    why: list[str] = []
    for counter in ("published", "acknowledged"):
        before, after = first.body.get(counter), detail.get(counter)
        grown[counter] = None
        if before is None or after is None:
            why.append(f"{counter}: not read {'at the beginning' if before is None else 'in the drain'}")
        elif after < before:
            why.append(f"{counter}: a queue was made anew meanwhile, and counts from 0 again")
        else:
            grown[counter] = after - before
    return grown["published"], grown["acknowledged"], tuple(why)


def _by_counters(body: Mapping[str, Any]) -> int | None:
    if body.get("published") is None or body.get("acknowledged") is None:
        return None
    there = int(body["published"] - body["acknowledged"])
    # Of a queue that was purged, or read without acknowledgement, the difference is of no use.
    return there if there >= 0 and abs(there - body["messages"]) <= max(_CLOSE, body["messages"]) else None


def _left(record: Record, last: Told | None) -> tuple[int | None, str]:
    if any(item.body.get("back") for item in record if item.type == "migration.started"):
        return None, "the migration has gone back, and the app uses the old broker again"
    proof = _proof(record)
    if proof is not None:
        return 0, f"proven empty at {proof.at:%H:%M:%S} UTC"
    if any(item.body.get("strategy") == "in-place" for item in record if item.type == "migration.started"):
        return 0, "the broker stays, with its messages"
    if last is not None and isinstance(messages := last.body["detail"].get("messages"), int):
        return messages, f"as of the last look, at {last.at:%H:%M:%S} UTC; not proven"
    return None, "nobody has proven it, and the record has no look at the queues"


def _proof(record: Record) -> Told | None:
    """Return what proved that nothing is left: the end of the drain, or of taking out what it left."""
    proofs = [item for item in record if item.type == "step.done" and item.body.get("step") in {"drain", "carry-out"}]
    if not proofs:
        return None
    started = [item for item in record if item.type == "step.started" and item.body.get("step") == "drain"]
    # Proven anew by a later process, which has not ended it.
    return None if started and started[-1].at > proofs[-1].at else proofs[-1]


def _ledger(record: Record) -> Ledger | None:
    found = next((item.body for item in reversed(record) if item.type == "rehearsal"), None)
    if found is None:
        return None
    names = ("handed_over", "executed", "lost", "doubled")
    return Ledger(
        **{name: sum((task.get(name) or 0) for task in (found.get("tasks") or {}).values()) for name in names}
    )


def in_words(known: Conservation) -> str:
    """Return whether it adds up, in a sentence."""
    if known.difference is None:
        return "Whether it adds up cannot be said."
    if known.difference == 0:
        return "It adds up."
    more = "unaccounted for" if known.difference > 0 else "more went out than is known to have come in"
    return f"{counted(abs(known.difference), 'message')} {more}; {LATE}, and nothing rests on them."
