"""What is shown now: read from the store by one thread, for all browsers together.

A browser that is slow waits for nobody but itself, and a store that is out of reach is said on the page.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Condition
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from migrate.errors import MigrateError, MigrationUnknown
from migrate.report.material import gather, told_since
from migrate.report.page import page
from migrate.secrets import redact_fault
from migrate.store.records import OPEN
from migrate.web.views import CALLS, ENTRIES, View, of_one, of_several

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.report.page import Page
    from migrate.report.story import Told
    from migrate.store.records import Record
    from migrate.store.store import Store

LATELY: Final = timedelta(hours=24)
"""With all migrations those are shown that can go on, and those that began since then."""
MOST: Final = 50
_REFRESH_SECONDS: Final = 5.0
"""So often a page is made anew whose migration runs: it says how long."""


@dataclass
class _Followed:
    """A migration of which everything was read up to a moment."""

    record: list[Told] = field(default_factory=list)
    last: int = -1
    key: Any = None
    made: float = 0.0
    page: Page | None = None


class Board:
    """Holds the newest views; ``look`` is for one thread, everything else for any."""

    def __init__(self, store: Store, clock: Clock, command: Command, migrations: tuple[str, ...] = ()) -> None:
        """Given the migrations to show; none means all, as they come."""
        self._store, self._clock, self._command = store, clock, command
        self._migrations = migrations
        self._followed: dict[str, _Followed] = {}
        self._changed = Condition()
        self._wanted: dict[str, int] = {}
        self._views: dict[str, tuple[int, View]] = {}
        self._rounds = 0
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether nothing will be shown any more."""
        return self._is_over

    @contextmanager
    def wanting(self, key: str) -> Iterator[None]:
        """Have a view kept up to date as long as somebody looks at it."""
        with self._changed:
            self._wanted[key] = self._wanted.get(key, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._wanted[key] -= 1
                if not self._wanted[key]:
                    del self._wanted[key]
                    self._views.pop(key, None)

    def newer(self, key: str, than: int, seconds: float) -> tuple[int, View] | None:
        """Return the number of a round and its view, once there is one after ``than``; None: not in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._round_of(key) > than, seconds)
            return self._views[key] if self._round_of(key) > than and not self._is_over else None

    def look(self) -> None:
        """Read what somebody wants to see, and make it known."""
        with self._changed:
            wanted = tuple(self._wanted)
        views = {key: self._view(key) for key in wanted}
        with self._changed:
            self._rounds += 1
            self._views |= {key: (self._rounds, view) for key, view in views.items() if key in self._wanted}
            self._changed.notify_all()

    def close(self) -> None:
        """Let everybody go who waits."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _round_of(self, key: str) -> int:
        return self._views[key][0] if key in self._views else -1

    def _view(self, key: str) -> View:
        try:
            return self._made(key)
        except MigrateError as error:
            why = f"{error.what} {error.why}".strip()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the page says so and the watch goes on
            why = f"migrate-plan itself failed ({type(error).__name__})."
        known = self._views.get(key)
        empty = View(self._clock.now(), "migrate-plan")
        return replace(known[1] if known else empty, trouble=redact_fault(why))

    def _made(self, key: str) -> View:
        if key or len(self._migrations) == 1:
            if key and key not in {item.migration.id for item in self._shown()}:
                raise MigrationUnknown("That migration is not shown here.")
            stored = self._store.record(key or self._migrations[0])
            return replace(of_one(self._page(stored)), at=self._clock.now())
        return of_several([self._page(stored) for stored in self._shown()], self._clock.now())

    def _shown(self) -> tuple[Record, ...]:
        if self._migrations:
            return tuple(self._store.record(migration) for migration in self._migrations)
        since = self._clock.now() - LATELY
        return tuple(i for i in self._store.all() if i.state in OPEN or i.created_at >= since)[:MOST]

    def _page(self, stored: Record) -> Page:
        followed = self._followed.setdefault(stored.migration.id, _Followed())
        more, followed.last = told_since(self._store, stored.migration.id, followed.last)
        followed.record += more
        key = (followed.last, stored.state, self._store.holder(stored.migration.app), stored.migration)
        now = self._clock.monotonic()
        is_due = stored.state in OPEN and now - followed.made >= _REFRESH_SECONDS
        if followed.page is None or key != followed.key or is_due:
            material = gather(self._store, stored, self._clock, self._command, followed.record)
            followed.page = page(material, calls_at_most=CALLS, entries_at_most=ENTRIES)
            followed.key, followed.made = key, now
        return followed.page
