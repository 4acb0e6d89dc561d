"""Which one-off dynos drain in the place of which worker dynos, how they are started, how they are found again.

A config var reaches every dyno, so the eager variable makes workers eager too, unless the app keeps it out of them. A
one-off dyno that runs a worker's command without that variable is not eager, and needs no change of the app.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.migration import EAGER, READ, WRITE
from migrate.platform import at_least

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.migration import Migration
    from migrate.platform import Dyno

VARIABLE: Final = "MIGRATE_PLAN_DRAIN"
"""Stands in the command of each drain dyno, and says in which place it is: Heroku shows commands, not variables."""

_MARK: Final = re.compile(rf"\b{VARIABLE}=(?P<id>mig-\w+):(?P<place>\S+?):(?P<attempt>\d+)(?=\s)")
_FALSE: Final = frozenset({"", "0", "false", "no", "off"})
# What the shell would take for itself; a command with any of it runs in a shell of its own.
_SHELL: Final = re.compile(r"[^\w\s./:=@%+,-]")
_PROGRAM: Final = re.compile(r"(\S*/)?(celery|python[\d.]*)\s")
_BEAT: Final = re.compile(r"\s+(-B|--beat)(?=\s|$)")


DRAINS, BRIDGES = "drain", "bridge"
"""What a one-off dyno does: take from the old broker in a worker's place, or from the new one before the switch."""


class Place(Struct, frozen=True):
    """One worker dyno, as there is or could be one, in whose place a one-off dyno runs."""

    type: str
    number: int
    role: str = DRAINS

    @property
    def name(self) -> str:
        """As the dyno that it stands for: ``worker.2``."""
        return f"{self.type}.{self.number}"

    @property
    def effect(self) -> str:
        """The name of the effect that starts its dyno."""
        return f"{self.role}-dyno-{self.name}"

    @property
    def marked(self) -> str:
        """How its dyno's mark names it."""
        return self.name if self.role == DRAINS else f"{self.role}-{self.name}"


def places(migration: Migration) -> tuple[Place, ...]:
    """Return the places that a migration fills: as many as there were worker dynos; none where the workers drain."""
    if migration.drain_by != "dynos":
        return ()
    counts = at_least(migration.formation, migration.scale_up)
    return tuple(Place(name, n) for name, count in counts.items() for n in range(1, count + 1))


def bridge_places(migration: Migration) -> tuple[Place, ...]:
    """Return the places of the workers that are to take from the new broker before the switch."""
    counts = migration.bridge_workers.items()
    return tuple(Place(name, n, BRIDGES) for name, count in counts for n in range(1, count + 1))


def mark_of(migration: Migration, place: Place, attempt: int) -> str:
    """Given a place and the how many-th dyno in it, return what finds that dyno again."""
    return f"{migration.id}:{place.marked}:{attempt}"


def bridges(dyno: Dyno) -> bool:
    """Whether a dyno of a migration takes from the new broker."""
    return mark_in(dyno).partition(":")[2].startswith(f"{BRIDGES}-")


def mark_in(dyno: Dyno) -> str:
    """Return the mark that a dyno's command carries; empty for all but drain dynos."""
    found = _MARK.search(dyno.command)
    return found[0].partition("=")[2] if found else ""


def drain_dynos(dynos: Sequence[Dyno], migration_id: str) -> tuple[Dyno, ...]:
    """Given an app's dynos, return those that a migration has started to drain, in whatever state they are."""
    return tuple(dyno for dyno in dynos if mark_in(dyno).startswith(f"{migration_id}:"))


def runs(dyno: Dyno) -> bool:
    """Whether a one-off dyno has not ended."""
    return dyno.state in {"starting", "up", "idle"}


def command_of(process: str, mark: str, eager_before: str | None) -> str:
    """Given a process type's command and a mark, return the same command without eager mode, and without beat.

    The variable is taken away in front of everything that the command may be: a wrapper, a line for the shell. Where
    it had a value before that says no, it has that one: the workers ran with it.
    """
    return f"{without_eager(eager_before)} {VARIABLE}={mark} {_without_beat(process)}"


def bridge_command(process: str, mark: str) -> str:
    """Given a process type's command and a mark, return the same on the new broker, without beat.

    Heroku's shell puts the URL in: no secret is in the command that it shows.
    """
    return f'env {READ}="${WRITE}" {VARIABLE}={mark} {_without_beat(process)}'


def typed_for_bridge(process: str) -> str:
    """Given a process type's command, return the same on the new broker, for the dyno's shell to put the URL in."""
    return f"env '{READ}=\"${WRITE}\"' {_without_beat(process)}"


def _without_beat(process: str) -> str:
    plain = _BEAT.sub("", process).strip()
    return f"bash -c {shlex.quote(plain)}" if _SHELL.search(plain) or not _PROGRAM.match(plain) else plain


def without_eager(eager_before: str | None) -> str:
    """Given the variable's value before the migration, return the program that starts another one without it."""
    if eager_before is None or eager_before.strip().lower() not in _FALSE:
        return f"env -u {EAGER}"
    return f"env {EAGER}={shlex.quote(eager_before)}"


def runs_beat(process: str) -> bool:
    """Whether a worker's command runs beat inside the worker too, which a drain dyno does not."""
    return _BEAT.search(process) is not None
