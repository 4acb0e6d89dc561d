"""A fleet as it was decided at its start, and its apps as they stand now."""

from __future__ import annotations

import random
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import asdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Self

_LETTERS: Final = "23456789bcdfghjkmnpqrstvwxz"


class Word(StrEnum):
    """What was said to a fleet last."""

    RUNNING = "running"
    PAUSED = "paused"
    """No further app begins; those that have begun go on."""
    STOPPING = "stopped"
    """No further app begins, and those that can still go back stop; the others are finished."""
    ENDED = "ended"
    """Nothing is left to do by itself."""


class AppState(StrEnum):
    """Where one app of a fleet stands."""

    WAITING = "waiting"
    WORKING = "working"
    """Somebody works on it, or was killed while doing so."""
    DONE = "done"
    ROLLED_BACK = "rolled-back"
    REFUSED = "refused"
    """It was not begun: a check said no, or somebody else has the app. Nothing was changed."""
    FAILED = "failed"
    """Its migration ended otherwise than it should."""
    STOPPED = "stopped"
    """It was told to stop before the point of no return, and can go on."""


SETTLED: Final = frozenset({AppState.DONE, AppState.ROLLED_BACK, AppState.REFUSED, AppState.FAILED})
"""States in which nothing happens to an app by itself."""


class Fleet(Struct, frozen=True):
    """What is moved where, together. Holds no secret: it is written to the store as it is."""

    id: str
    name: str
    to_plan: str
    waves: tuple[tuple[str, ...], ...]
    auto: bool
    """Whether a wave begins without a word when the one before it is over."""
    allowed_failures: int
    parallel: int
    options: Mapping[str, Any] = field(default_factory=dict)
    of_apps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()
    """Codes of findings that the operator accepted by name, for every app."""
    carried: bool = False
    """Whether Celery carries its apps to workers, which may be on other machines."""

    @property
    def apps(self) -> tuple[str, ...]:
        """Every app, in the order of the waves."""
        return tuple(app for wave in self.waves for app in wave)

    def options_of(self, app: str) -> Mapping[str, Any]:
        """Return the options of one app's migration, by name."""
        return {**self.options, **self.of_apps.get(app, {})}

    def to_json(self) -> dict[str, Any]:
        """Return a form that JSON can hold."""
        plain = {name: dict(options) for name, options in self.of_apps.items()}
        waves, accepted = [list(wave) for wave in self.waves], list(self.accepted)
        return {**asdict(self), "options": dict(self.options), "of_apps": plain, "waves": waves, "accepted": accepted}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Given what to_json made, return the fleet; raises KeyError or TypeError when it is something else."""
        waves = tuple(tuple(wave) for wave in body["waves"])
        return cls(**{**body, "waves": waves, "accepted": tuple(body["accepted"])})


class Member(Struct, frozen=True):
    """One app of a fleet, as the store has it."""

    app: str
    wave: int
    """From 1 on."""
    state: AppState
    migration: str
    """The id that its migration has, or will have."""
    holder: str = ""
    """The process that works on it."""
    lapsed: bool = False
    """Whether that process has given no sign of life for too long, or is known to have ended."""
    exit: int | None = None
    """As its migration's command would have ended; None before it has."""
    code: str = ""
    what: str = ""
    next: str = ""
    """What to type about it; empty for nothing."""
    eager_seconds: float | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_free(self) -> bool:
        """Whether somebody may begin or go on with it."""
        return self.state == AppState.WAITING or (self.state == AppState.WORKING and self.lapsed)

    @property
    def is_worked_on(self) -> bool:
        """Whether somebody is at it now."""
        return self.state == AppState.WORKING and not self.lapsed


class Standing(Struct, frozen=True):
    """A fleet and its apps at one moment."""

    fleet: Fleet
    word: Word
    opened: int
    """So many waves may begin."""
    tolerated: int
    """So many failures the operator has seen, and gone on."""
    why: str
    """Why it was stopped; empty where it was not, or by an operator."""
    created_at: datetime
    members: tuple[Member, ...]

    def of_wave(self, wave: int) -> tuple[Member, ...]:
        """Return the apps of one wave, counted from 1."""
        return tuple(member for member in self.members if member.wave == wave)


def new_id() -> str:
    """Return an id such as ``fleet-7f3k2q``."""
    return "fleet-" + "".join(random.choices(_LETTERS, k=6))
