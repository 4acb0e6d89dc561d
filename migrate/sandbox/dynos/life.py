"""One dyno from its start to its end: boot, crash, back-off, shutdown."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from migrate.sandbox.dynos import environment, processes
from migrate.sandbox.logs.logplex import Line
from migrate.sandbox.logs.pump import Pump
from migrate.sandbox.ports import LOOPBACK, free_port
from migrate.sandbox.waiting import until

if TYPE_CHECKING:
    from migrate.sandbox.dynos.meeting import Meeting
    from migrate.sandbox.dynos.streams import Streams
    from migrate.sandbox.journal import Journal
    from migrate.sandbox.logs.logplex import Logplex
    from migrate.sandbox.world import Dyno, World

_POLL_SECONDS = 0.05
_LONGEST_BACKOFF = 600.0
_DRAIN_SECONDS = 5.0
"""For what an ended dyno has printed: only a process that nobody knows of can still hold the pipe."""


class DynoLife:
    """What happens to a dyno; knows nothing of formations."""

    def __init__(self, world: World, journal: Journal, logplex: Logplex) -> None:
        self._world = world
        self._journal = journal
        self._logplex = logplex

    async def keep(self, dyno: Dyno) -> None:
        """Run a formation dyno until it is retired; a process that ends by itself has crashed.

        Also one that exits with 0. https://devcenter.heroku.com/articles/dynos#dyno-crash-restart-policy
        """
        crashes = 0
        while not dyno.retired.is_set():
            dyno.enter("starting")
            await self._run(dyno)
            if dyno.retired.is_set():
                return
            crashes += 1
            self._note("dyno crashed", dyno, was=dyno.state, exit_code=dyno.exit_code)
            dyno.enter("crashed")
            await _either(dyno.retired, self._backoff(crashes))

    async def once(self, dyno: Dyno) -> None:
        """Run a one-off dyno to its end; an attached one starts when its client has come."""
        if dyno.meeting is None or await self._has_client(dyno, dyno.meeting):
            await self._run(dyno)
        dyno.enter("down")

    async def end(self, dyno: Dyno, grace_seconds: float) -> None:
        """SIGTERM to every process of a dyno now, SIGKILL after the grace."""
        dyno.retired.set()
        if dyno.process is None:
            return  # not started yet, or waiting after a crash: whoever runs it sees `retired`
        self._note("dyno stopping", dyno)
        killed = await dyno.process.end(grace_seconds)
        self._note("dyno stopped", dyno, killed=killed)

    async def _has_client(self, dyno: Dyno, meeting: Meeting) -> bool:
        limit = self._world.settings.attach_limit_seconds
        if not await until(lambda: meeting.has_client or dyno.retired.is_set(), limit):
            self._note("dyno had no client", dyno, code="R13")
        return meeting.has_client and not dyno.retired.is_set()

    async def _run(self, dyno: Dyno) -> None:
        outlet = dyno.meeting or self._pump(dyno)
        tree = await self._start(dyno, await outlet.open())
        if dyno.retired.is_set():  # while it was being started, so nobody else could signal it
            await self.end(dyno, self._world.settings.kill_after_seconds)
        boot = asyncio.create_task(self._boot(dyno, tree))
        try:
            dyno.exit_code = await tree.wait()
        finally:
            boot.cancel()
        if dyno.retired.is_set():
            await tree.wait_for_end()
        else:
            await tree.end(0)  # on Heroku the container goes with its first process
        await outlet.drained(_DRAIN_SECONDS)
        dyno.process = None
        self._note("dyno ended", dyno, exit_code=dyno.exit_code)

    def _pump(self, dyno: Dyno) -> Pump:
        log, app, name = self._world.log_of(dyno.app, dyno.name), dyno.app.name, dyno.name
        return Pump(log, lambda line: self._logplex.write(app, Line("app", name, line)))

    async def _start(self, dyno: Dyno, streams: Streams) -> processes.ProcessTree:
        directory, slug = self._world.directory, dyno.release.slug
        if slug is None:
            raise RuntimeError(f"{dyno.name} was started before the first deploy")
        home = directory / "dynos" / f"{dyno.name}-{dyno.id[:8]}"
        serves = dyno.type == "web" and not dyno.one_off
        dyno.port = free_port() if serves else None
        variables = environment.of_dyno(
            home,
            dyno.name,
            dyno.port,
            dyno.release.config,
            dyno.environment,
            programs=slug.programs,
            added=self._world.dyno_environment,
        )
        launch = processes.Launch(dyno.name, dyno.command, home, slug.directory, variables)
        dyno.process = await processes.start(directory, launch, streams)
        self._note("dyno started", dyno, pid=dyno.process.pid)
        return dyno.process

    async def _boot(self, dyno: Dyno, tree: processes.ProcessTree) -> None:
        settings = self._world.settings
        await asyncio.sleep(settings.boot_seconds)
        if dyno.port is not None and not await _accepts(dyno.port, settings.web_boot_limit_seconds):
            self._note("dyno did not bind its port", dyno, code="R10")
            await tree.end(0)
            return
        dyno.enter("up")
        self._note("dyno up", dyno)

    def _backoff(self, crashes: int) -> float:
        seconds: float = self._world.settings.crash_backoff_seconds * 2 ** (crashes - 1)
        return min(seconds, _LONGEST_BACKOFF)

    def _note(self, event: str, dyno: Dyno, **details: object) -> None:
        self._journal.event(
            event, app=dyno.app.name, dyno=dyno.name, id=dyno.id, release=dyno.release.version, **details
        )


async def _either(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


async def _accepts(port: int, limit_seconds: float) -> bool:
    """Wait until somebody listens on a port; False when nobody does in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_seconds
    while loop.time() < deadline:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.close()
            return True
        await asyncio.sleep(_POLL_SECONDS)
    return False
