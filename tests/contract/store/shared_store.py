"""One store that several processes have open, and a migration to put into it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fakes.clock import FakeClock

from migrate.migration import Migration
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.clock import Clock

MIGRATION = Migration(
    id="mig-7f3k2q",
    app="demo-app",
    add_on="cloudamqp-flat-1",
    add_on_id="0b5a",
    from_plan="cloudamqp:lemur",
    to_plan="cloudamqp:bunny",
    attachments=("CLOUDAMQP", "ALSO"),
    strategy="documented",
    eager_before=None,
    consumed=("celery",),
    workers=2,
    accepted=("HELD_TASKS",),
)


def named(identity: str, app: str = MIGRATION.app) -> Migration:
    """Return the migration under another id, perhaps of another app."""
    return replace(MIGRATION, id=identity, app=app)


@dataclass
class SharedStore:
    """A database as two machines see it, both by the same clock."""

    url: str
    clock: FakeClock = field(default_factory=FakeClock)
    _stores: list[Store] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.here, self.there = self.open(), self.open()

    def open(self, clock: Clock | None = None) -> Store:
        """Open the database as one more process would."""
        self._stores.append(Store(self.url, clock or self.clock))
        return self._stores[-1]

    def close(self) -> None:
        for store in self._stores:
            store.engine.dispose()


@contextlib.contextmanager
def shared_store(url: str) -> Iterator[SharedStore]:
    """Open a store twice, and close it."""
    with contextlib.closing(SharedStore(url)) as store:
        yield store
