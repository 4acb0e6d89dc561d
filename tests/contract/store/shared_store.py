"""One store that several processes have open."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakes.clock import FakeClock

from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.clock import Clock


@dataclass
class SharedStore:
    """A database as two processes see it, both by the same clock."""

    url: str
    clock: FakeClock = field(default_factory=FakeClock)
    _stores: list[Store] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.here, self.there = self.open(), self.open()

    def open(self, clock: Clock | None = None) -> Store:
        """Open the database as one more process would."""
        self._stores.append(Store(self.url, clock or self.clock))
        return self._stores[-1]

    def pass_time(self, seconds: float) -> None:
        """Let time pass for everybody, also where leases go by the database's clock."""
        self.clock.sleep(seconds)
        if self.here.engine.dialect.name == "postgresql":
            with self.here.engine.begin() as connection:
                age = "UPDATE leases SET expires_at = expires_at - make_interval(secs => %s)"
                connection.exec_driver_sql(age, (seconds,))

    def close(self) -> None:
        for store in self._stores:
            store.engine.dispose()


@contextlib.contextmanager
def shared_store(url: str) -> Iterator[SharedStore]:
    """Open a store twice, and close it."""
    with contextlib.closing(SharedStore(url)) as store:
        yield store
