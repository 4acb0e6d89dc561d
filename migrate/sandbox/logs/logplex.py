"""The log of each app as Heroku's Logplex keeps it: the last lines of its dynos, of the platform and of the router.

https://devcenter.heroku.com/articles/logging
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from migrate.sandbox import clock
from migrate.sandbox.logs.lines import lines_of
from migrate.sandbox.world import Record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

_KEPT = 1500
"""https://devcenter.heroku.com/articles/logging#log-history-limits"""


@dataclass(frozen=True)
class Line:
    """One line: `source` is app or heroku, `process` a dyno, router or api."""

    source: str
    process: str
    text: str
    moment: datetime = field(default_factory=clock.now)

    def __str__(self) -> str:
        """Return the line in Heroku's form."""
        return f"{self.moment.isoformat(timespec='microseconds')} {self.source}[{self.process}]: {self.text}"


@dataclass(frozen=True)
class Selection:
    """What somebody wants to see; None = everything."""

    source: str | None = None
    dyno: str | None = None
    """The name of a dyno, or a process type."""

    def has(self, line: Line) -> bool:
        """Return whether a line is wanted."""
        names = {line.process, line.process.partition(".")[0]}
        return self.source in {None, line.source} and (self.dyno is None or self.dyno in names)


@dataclass(kw_only=True, eq=False)
class LogSession(Record):
    """A permission to read the log of an app once or for a while; whoever knows its id has it."""

    app: str
    selection: Selection
    lines: int
    tail: bool


class Logplex:
    """Takes lines by the name of the app, and hands them out."""

    def __init__(self) -> None:
        self.sessions: dict[str, LogSession] = {}
        self._lines: dict[str, deque[Line]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._followers: dict[str, set[asyncio.Queue[Line]]] = defaultdict(set)

    def write(self, app: str, line: Line) -> None:
        """Keep a line, and show it to those who follow."""
        self._lines[app].append(line)
        for queue in self._followers[app]:
            queue.put_nowait(line)

    def hear(self, event: str, details: dict[str, Any]) -> None:
        """Write what the platform says of something that the journal has on record."""
        for source, process, text in lines_of(event, details):
            self.write(details["app"], Line(source, process, text))

    def last(self, session: LogSession) -> list[Line]:
        """Return the last lines that a session asks for, oldest first."""
        found = [line for line in self._lines[session.app] if session.selection.has(line)]
        return found[-session.lines :] if session.lines else []

    async def read(self, session: LogSession) -> AsyncGenerator[Line]:
        """Yield the last lines that a session asks for and, if it is a tail, each further one."""
        queue: asyncio.Queue[Line] = asyncio.Queue()
        followers = self._followers[session.app]
        followers.add(queue)
        try:
            for line in self.last(session):
                yield line
            while session.tail:
                line = await queue.get()
                if session.selection.has(line):
                    yield line
        finally:
            followers.discard(queue)

    def forget(self, app: str) -> None:
        """Throw the log of an app away."""
        self._lines.pop(app, None)
