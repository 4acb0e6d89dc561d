"""What workers say that a setting is, and what that is worth: pure functions.

`inspect conf` leaves out what has its default, which is known by the version of Celery.
https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.advice.row import PAGE, Row, Verdict
from migrate.advice.setting_names import NOT_SHOWN
from migrate.brokers.report import Unreadable
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.advice.practice import Practice

_DEFAULTS: Final[Mapping[str, object]] = {
    "broker_pool_limit": 10,
    "broker_heartbeat": 120,
    "broker_connection_timeout": 4,
    "result_backend": None,
    "worker_send_task_events": False,
    "event_queue_expires": 60,
    "task_always_eager": False,
    "worker_concurrency": None,
}
"""Since Celery 4."""
_KNOWN_SINCE: Final = (4, 0)


class Told(Struct, frozen=True):
    """One value of a setting, and which workers have it."""

    value: object
    by_default: bool
    workers: tuple[str, ...]

    def __str__(self) -> str:
        # A text is told from a number: '1' is not 1.
        return f"{self.value!r} (Celery's default)" if self.by_default else repr(self.value)


class SettingAdvice(Struct, frozen=True):
    """What is recommended for one of Celery's settings."""

    code: str
    setting: str
    recommended: str
    judge: Callable[[Practice, object], Verdict]
    """Given a value, says how good it is."""
    why: str
    value: str
    """What to set it to, as Python."""
    source: str = PAGE

    def rows(self, practice: Practice) -> tuple[Row, ...]:
        """Return a row for each value that workers have; one that says why where none is known."""
        found = told(practice, self.setting)
        if isinstance(found, Unreadable):
            return (self._row(self.setting, f"not known: {found.reason}", Verdict.UNKNOWN),)
        return tuple(
            self._row(
                self.setting if len(found) == 1 else f"{self.setting} of {listed(item.workers, 3)}",
                str(item),
                Verdict.UNKNOWN if item.value == NOT_SHOWN else self.judge(practice, item.value),
            )
            for item in found
        )

    def _row(self, subject: str, found: str, verdict: Verdict) -> Row:
        changes = verdict is not Verdict.OK
        return Row(
            code=self.code,
            subject=subject,
            found=found,
            recommended=self.recommended,
            verdict=verdict,
            why=self.why,
            celery=f"app.conf.{self.setting} = {self.value}" if changes else "",
            django=f"CELERY_{self.setting.upper()} = {self.value}" if changes else "",
            source=self.source,
        )


def told(practice: Practice, name: str) -> tuple[Told, ...] | Unreadable:
    """Given a setting's name, return each value that it has with some worker, or why none is known."""
    if isinstance(practice.workers, Unreadable):
        return practice.workers
    if not practice.workers.nodes:
        return Unreadable("no worker answered")
    found: dict[tuple[str, bool], Told] = {}
    for node in practice.workers.nodes:
        by_default = name not in node.settings
        value = _default(practice, name) if by_default else node.settings[name]
        if isinstance(value, Unreadable):
            return value
        key = (repr(value), by_default)
        before = found[key].workers if key in found else ()
        found[key] = Told(value, by_default, (*before, node.name))
    return tuple(found.values())


def _default(practice: Practice, name: str) -> object | Unreadable:
    oldest = oldest_celery(practice)
    if oldest is None:
        return Unreadable("it has its default, and which version of Celery runs is not known")
    if oldest < _KNOWN_SINCE or name not in _DEFAULTS:
        return Unreadable(f"it has the default of Celery {'.'.join(map(str, oldest))}")
    return _DEFAULTS[name]


def oldest_celery(practice: Practice) -> tuple[int, ...] | None:
    """Return the oldest version of Celery that a worker runs; None where one does not say."""
    if isinstance(practice.software, Unreadable):
        return None
    said = [item.celery for item in practice.software]
    return min((number for number in said if number), default=None) if all(said) else None
