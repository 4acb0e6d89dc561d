"""A process with a store open (STORE_URL); it does what it reads, a line at a time, and says how that went."""

from __future__ import annotations

import os
import sys
from itertools import count

from fakes.clock import FakeClock

from migrate import holder
from migrate.errors import AppHeld
from migrate.store.records import Entry, Line
from migrate.store.store import Store


def main() -> None:
    store = Store(os.environ["STORE_URL"], FakeClock())
    say("open")
    for line in sys.stdin:
        verb, name = line.split()
        if verb == "take":
            say(take(store, name))
        elif verb == "record":
            record(store, name)
        else:
            write(store, name)


def take(store: Store, app: str) -> str:
    try:
        store.take_lease(app, "mig-222222", holder.this_process())
    except AppHeld:
        return "refused"
    return "held"


def write(store: Store, migration: str) -> None:
    """Write lines of a journal until somebody ends this process; say of each that it is written."""
    for number in count():
        store.append(migration, number, Entry(store.clock.now(), "note", "n", {"number": number}))
        say(number)


def record(store: Store, migration: str) -> None:
    """Record events, three at a time, until somebody ends this process; say of each three that they are written."""
    for number in count():
        lines = [Line(store.clock.now(), "step.noted", {"number": number, "of": os.getpid()}) for _ in range(3)]
        store.events.append(migration, lines)
        say(number)


def say(answer: object) -> None:
    print(answer, flush=True)  # noqa: T201 -- what the test reads


if __name__ == "__main__":
    main()
