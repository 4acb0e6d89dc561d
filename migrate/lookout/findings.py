"""What was found out about a drain that takes its time, and the words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.errors import NotDrained
from migrate.lookout.progress import counts, findings
from migrate.lookout.stall import STALL_SECONDS
from migrate.lookout.suspects import facts, suspects
from migrate.wording import counted, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from migrate.lookout.held import Held
    from migrate.lookout.leaks import Leak
    from migrate.lookout.stall import Cause
    from migrate.lookout.suspects import Setting
    from migrate.waits import Waiting

TOLD_OTHERWISE: Final = frozenset({"leak", "held-tasks"})
"""Codes of causes whose facts are told as what they are."""


class Findings(Struct, frozen=True):
    """As of the last reading; each part is None where there is nothing of the kind."""

    held: Held | None = None
    leak: Leak | None = None
    forsaken: Cause | None = None
    """A queue that nobody empties, however long one waits."""
    cause: Cause | None = None

    def waiting(self, last: Waiting, detail: dict[str, Any], now: datetime) -> Waiting:
        """Given why to wait and the figures, return both with what was found out."""
        if not detail:
            return replace(last, detail=detail)
        reason = last.reason
        if self.held is not None and detail["messages"]:
            reason = f"{counted(detail['messages'], 'message')} left; {self.held.reason(now)}"
        elif self.leak is not None and self.leak.certain:
            reason = f"{reason}; {', '.join(self.leak.queues)} still gets tasks"
        code = cause.code if (cause := self.cause or self.forsaken) else None
        found = findings(self.held, self.leak, code, now, detail["seconds_left"])
        return replace(last, reason=reason, detail={**detail, **found})

    def news(self, setting: Callable[[], Setting], now: datetime, left: float) -> Iterator[tuple[object, str]]:
        """Given what reads the app, the time and the seconds until the deadline, return what to say, by its key."""
        if self.held is not None and self.held.until is not None:
            seconds = (self.held.until - now).total_seconds()
            # What is due in a moment is in the reason to wait, and no cause to think of other ways.
            if seconds > min(left, STALL_SECONDS):
                yield ("held", self.held.until), _held(self.held, now, late=seconds > left)
        if self.leak is not None and (self.leak.certain or (self.cause and self.cause.code == "leak")):
            yield self.leak.key, _leak(self.leak, setting(), now)
        if self.forsaken is not None:
            yield (self.forsaken.code, self.forsaken.queue), f"{self.forsaken.text} Next: {self.forsaken.do}."
        if self.cause is not None and self.cause.code not in TOLD_OTHERWISE:
            unmoved = f"No queue has become shorter for {STALL_SECONDS:.0f} s."
            yield self.cause.code, f"{unmoved} {self.cause.text} Next: {self.cause.do}"


def not_drained(
    last: Waiting, found: Findings, setting: Setting, now: datetime, choices: tuple[str, ...]
) -> NotDrained:
    """Given the last reason, what was found out, the app, the time and what may be chosen, return the error."""
    told = [sentence(last.reason)]
    if found.cause is not None and found.cause.code not in TOLD_OTHERWISE:
        told.append(found.cause.text)
    if found.leak is not None:
        told.append(_leak(found.leak, setting, now))
    if found.forsaken is not None and found.forsaken != found.cause:
        told.append(found.forsaken.text)
    told += counts(last.detail or {})
    return NotDrained(
        "The old broker is not empty, or cannot be proven to be.",
        why=" ".join(told),
        next=_next(found, setting),
        choices=choices,
    )


def _next(found: Findings, setting: Setting) -> str:
    if found.cause is not None and found.cause.code != "leak":
        return found.cause.do
    if found.leak is not None:
        return suspects(found.leak, setting)[0].do
    if found.forsaken is not None:
        return found.forsaken.do
    return f"heroku ps --app {setting.app}    (do the workers of these queues run?)"


def _held(held: Held, now: datetime, *, late: bool) -> str:
    reason = held.reason(now)
    text = f"{reason[:1].upper()}{reason[1:]}."
    if not late:
        return text
    return f"{text} That is after the deadline of this drain: waiting does not help."


def _leak(leak: Leak, setting: Setting, now: datetime) -> str:
    likely, *others = suspects(leak, setting)
    text = f"{facts(leak, setting, now)} Likely {likely.because}. Then: {likely.do}."
    return " ".join((text, *(f"Or {other.because}. Then: {other.do}." for other in others)))
