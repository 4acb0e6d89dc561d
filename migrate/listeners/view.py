"""What a migration looks like now: folded from its events into one frozen value, without a screen.

``after`` takes one event and when it happened, so that a stream of recorded events gives the same view.
"""

from __future__ import annotations

import functools
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from migrate.events import (
    Event,
    GateOpened,
    HeldAtGate,
    MigrationStarted,
    ReleaseLive,
    Result,
    StepDone,
    StepNoted,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from migrate.exits import Exit
from migrate.listeners.levels import Level, levels_after

if TYPE_CHECKING:
    from collections.abc import Mapping

REMEMBERED: Final = 50
"""So many of the last events a view keeps."""
_SIGNALS: Final = frozenset({Exit.INTERRUPTED, Exit.TERMINATED, Exit.HUNG_UP})
_RESTS: Final = frozenset({Exit.DONE, Exit.NEEDS_YOU})
"""How a command ends that rests between two steps, until the operator says more."""


class StepState(StrEnum):
    """How far a step is."""

    OPEN = "open"
    NOW = "now"
    DONE = "done"
    SKIPPED = "skipped"
    """Done by an earlier process."""
    HELD = "held"
    """The migration rests before it."""
    FAILED = "failed"
    STOPPED = "stopped"
    """A signal ended the process within it."""


class StepView(Struct, frozen=True):
    """One step of the list."""

    name: str
    title: str = ""
    """Empty where no event has told it yet."""
    state: StepState = StepState.OPEN
    began: datetime | None = None
    seconds: float | None = None
    """How long it took; None before it has ended in this process."""


class Said(Struct, frozen=True):
    """Something that happened, in words."""

    at: datetime
    step: str
    text: str


class View(Struct, frozen=True):
    """A migration as it is to be drawn."""

    migration: str = ""
    app: str = ""
    from_plan: str = ""
    to_plan: str = ""
    strategy: str = ""
    back: bool = False
    began: datetime | None = None
    eager_since: datetime | None = None
    eager_until: datetime | None = None
    point_of_no_return: str = ""
    """Name of the step that cannot be undone; empty where there is none, or it is not known."""
    steps: tuple[StepView, ...] = ()
    reason: str = ""
    """What the step at hand waits for; empty when it does not wait."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """The numbers of the last wait, as in docs/events.md."""
    levels: Mapping[str, Level] = field(default_factory=dict)
    """How full each queue has been during this step."""
    said: tuple[Said, ...] = ()
    result: Result | None = None
    """How it ended; None while it goes on."""

    @property
    def current(self) -> int:
        """The place in the list of the step that is worked on, or was last; 0 before the first."""
        begun = [place for place, step in enumerate(self.steps) if step.state is not StepState.OPEN]
        return begun[-1] if begun else 0


def after(view: View, event: Event, at: datetime, migration: str = "") -> View:
    """Given a view, the next event, when it happened and in which migration, return the view after it."""
    view = _after(event, view, at)
    return replace(view, migration=migration) if migration else view


@functools.singledispatch
def _after(event: Event, view: View, at: datetime) -> View:  # noqa: ARG001 -- other events change nothing here
    return view


@_after.register
def _(event: MigrationStarted, view: View, at: datetime) -> View:
    return View(
        app=event.app,
        from_plan=event.from_plan,
        to_plan=event.to_plan,
        strategy=event.strategy,
        back=event.back,
        began=datetime.fromisoformat(event.began) if event.began else at,
        eager_since=datetime.fromisoformat(event.eager_since) if event.eager_since else None,
        point_of_no_return=event.point_of_no_return,
        steps=tuple(map(StepView, event.steps, event.titles or ("",) * len(event.steps))),
        said=view.said,
    )


@_after.register
def _(event: StepStarted, view: View, at: datetime) -> View:
    step = StepView(event.step, event.title, StepState.NOW, began=at)
    return _with(replace(view, reason="", detail={}, levels={}, result=None), step)


@_after.register
def _(event: StepSkipped, view: View, at: datetime) -> View:
    said = _told(view, at, event.step, "done by an earlier process")
    return _with(said, replace(_step(view, event.step), state=StepState.SKIPPED))


@_after.register
def _(event: StepWaiting, view: View, at: datetime) -> View:
    detail: Mapping[str, Any] = event.detail
    levels = levels_after(view.levels, detail.get("queues"), at)
    return replace(view, reason=event.reason, detail=detail, levels=levels)


@_after.register
def _(event: HeldAtGate, view: View, at: datetime) -> View:
    told = _told(view, at, event.step, f"held until somebody types: {event.opens}")
    return _with(told, replace(_step(view, event.step), state=StepState.HELD, began=at))


@_after.register
def _(event: GateOpened, view: View, at: datetime) -> View:
    told = _told(view, at, event.step, f"opened by {event.who}")
    return _with(told, replace(_step(view, event.step), state=StepState.OPEN))


@_after.register
def _(event: StepNoted, view: View, at: datetime) -> View:
    return _told(view, at, event.step, event.text)


@_after.register
def _(event: ReleaseLive, view: View, at: datetime) -> View:
    if event.step == "eager-on":
        return replace(view, eager_since=at, eager_until=None)
    return replace(view, eager_until=at) if event.step in {"eager-off", "eager-back"} else view


@_after.register
def _(event: StepDone, view: View, at: datetime) -> View:
    step = replace(_step(view, event.step), state=StepState.DONE, seconds=event.seconds)
    told = _told(view, at, event.step, f"done in {event.seconds:.1f} s")
    return _with(replace(told, reason="", detail={}, levels={}), step)


@_after.register
def _(event: Result, view: View, at: datetime) -> View:
    told = replace(_told(view, at, "", event.what), result=event, reason="", detail={}, levels={})
    if not view.steps:
        return told
    step = view.steps[view.current]
    if step.state is not StepState.NOW:
        rest = [step for step in view.steps if step.state is StepState.OPEN]
        return _with(told, replace(rest[0], state=StepState.HELD)) if rest and event.exit in _RESTS else told
    ended = StepState.STOPPED if event.exit in _SIGNALS else StepState.FAILED
    seconds = (at - step.began).total_seconds() if step.began else None
    return _with(told, replace(step, state=ended, seconds=seconds))


def _step(view: View, name: str) -> StepView:
    return next((step for step in view.steps if step.name == name), StepView(name))


def _with(view: View, new: StepView) -> View:
    if all(step.name != new.name for step in view.steps):
        return replace(view, steps=(*view.steps, new))
    return replace(view, steps=tuple(new if step.name == new.name else step for step in view.steps))


def _told(view: View, at: datetime, step: str, text: str) -> View:
    return replace(view, said=(*view.said, Said(at, step, text))[-REMEMBERED:])
