"""From recorded events to the story of a migration: processes, steps, gates, eager mode, releases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from migrate.report.story import Ending, Hold, Period, Process, Release, Span, Story

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migrate.report.story import Record, Told

_HELD_BY_ANOTHER: Final = "APP_HELD"
"""The result of a process that found another one at work: it took no part."""
_EAGER_BEGINS: Final = ("eager-on",)
_EAGER_ENDS: Final = ("eager-off", "eager-back")


def tell(record: Record, now: datetime, *, running: bool) -> Story:
    """Given the events in order, the present time and whether a process works on it now, return what happened."""
    runs = tuple(_runs(record))
    telling = [_Run(number, events, now if running and number == len(runs) else None) for number, events in runs]
    starts = [item for item in record if item.type == "migration.started"]
    return Story(
        steps=tuple(dict.fromkeys(_steps(record))),
        titles={step: title for item in starts for step, title in _titles(item)},
        processes=tuple(item.process() for item in telling),
        spans=tuple(span for item in telling for span in item.spans()),
        holds=tuple(hold for item in telling for hold in item.holds()),
        eager=tuple(_eager(record, telling[-1].end if telling else now)),
        releases=_releases(record),
        removal=next(
            (i.at for i in record if i.type == "effect.requested" and i.body.get("effect") == "remove"), None
        ),
        missing=sum((item.body.get("missing") or 0) for item in record if item.type == "record.incomplete"),
    )


@dataclass(frozen=True)
class _Run:
    """The events of one process."""

    number: int
    events: list[Told]
    now: datetime | None
    """The present time where it still runs."""
    result: Told | None = field(init=False)

    def __post_init__(self) -> None:
        ends = (item for item in reversed(self.events) if item.type == "result")
        object.__setattr__(self, "result", next(ends, None))

    @property
    def end(self) -> datetime:
        # A rehearsal counts its tasks before it tells the result: by then the migration is over.
        judged = any(item.type == "rehearsal" for item in self.events)
        own = [item for item in self.events if not (judged and item.type in {"rehearsal", "result"})]
        return self.now or own[-1].at

    @property
    def broken_off(self) -> Ending:
        """How what was at work ended with this process."""
        if self.now is not None:
            return Ending.RUNNING
        return Ending.STOPPED if self.result else Ending.UNSEEN

    def process(self) -> Process:
        first, code = self.events[0], self.result.body.get("code") or "" if self.result else ""
        how = "going back" if first.body.get("back") else "resumed" if first.body.get("resumed") else "started"
        done = self.result is not None and self.result.body.get("exit") in {0, 8}
        ending = Ending.DONE if done and self.now is None else self.broken_off
        return Process(self.number, first.at, self.end, how, ending, code)

    def spans(self) -> Iterator[Span]:
        open_: tuple[str, datetime] | None = None
        for item in self.events:
            if item.type == "step.started":
                if open_ is not None:
                    yield Span(open_[0], self.number, open_[1], item.at, Ending.UNSEEN)
                open_ = (item.body.get("step") or "", item.at)
            elif item.type == "step.done" and open_ is not None:
                yield Span(open_[0], self.number, open_[1], item.at, Ending.DONE)
                open_ = None
        if open_ is not None:
            yield Span(open_[0], self.number, open_[1], self.end, self.broken_off)

    def holds(self) -> Iterator[Hold]:
        closed: Told | None = None
        for item in self.events:
            if item.type == "gate.closed":
                closed = item
            elif item.type == "gate.opened" and closed is not None:
                yield Hold(closed.body.get("step") or "", closed.at, item.at, item.body.get("who") or "")
                closed = None
        if closed is not None:
            yield Hold(closed.body.get("step") or "", closed.at, self.end, "")


def _runs(record: Record) -> Iterator[tuple[int, list[Told]]]:
    """Yield the events of each process; what comes before the first start, as the preview does, is no work yet."""
    number = 0
    events: list[Told] = []
    for item in record:
        if item.type == "migration.started":
            if number:
                yield number, events
            number, events = number + 1, []
        if not (item.type == "result" and item.body.get("code") == _HELD_BY_ANOTHER):
            events.append(item)
    if number:
        yield number, events


def _steps(record: Record) -> Iterator[str]:
    """Yield steps in the order in which they are to be shown: those of the newest path, as far as there are any."""
    starts = [item for item in record if item.type == "migration.started"]
    for back in (False, True):
        paths = [item.body.get("steps") or () for item in starts if bool(item.body.get("back")) is back]
        yield from paths[-1] if paths else ()
        yield from (step for path in paths for step in path)
    yield from (item.body.get("step") or "" for item in record if item.type == "step.started")


def _titles(start: Told) -> Iterable[tuple[str, str]]:
    return zip(start.body.get("steps") or (), start.body.get("titles") or (), strict=False)


def _eager(record: Record, end: datetime) -> Iterator[Period]:
    since: datetime | None = None
    for item in record:
        if item.type == "migration.started" and since is None and item.body.get("eager_since"):
            since = datetime.fromisoformat(item.body["eager_since"])
        elif item.type == "release.live" and item.body.get("step") in _EAGER_BEGINS:
            since = since or item.at
        elif item.type == "release.live" and item.body.get("step") in _EAGER_ENDS and since is not None:
            yield Period(since, item.at, is_over=True)
            since = None
    if since is not None:
        yield Period(since, max(since, end), is_over=False)


def _releases(record: Record) -> tuple[Release, ...]:
    seen: dict[int, Release] = {}
    for item in record:
        if item.type == "release.live" and isinstance(version := item.body.get("version"), int):
            seen.setdefault(version, Release(version, item.at, item.body.get("step") or ""))
    return tuple(seen.values())
