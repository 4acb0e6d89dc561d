"""Formation and one-off dynos, kept as real processes.

A formation dyno is replaced, never changed: a restart retires the dyno, which leaves the listing at
once, and starts a new one under the same name. So what a listing shows is always of the newest kind,
while the old processes may still run: https://devcenter.heroku.com/articles/dyno-shutdown-behavior
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from migrate.sandbox.dynos.formation import RELEASE_TYPE, WEB_TYPE
from migrate.sandbox.world import Dyno

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping

    from migrate.sandbox.dynos.life import DynoLife
    from migrate.sandbox.dynos.meeting import Meeting
    from migrate.sandbox.world import App, Release, World


class Supervisor:
    """Starts, restarts and ends the dynos of every app."""

    def __init__(self, world: World, life: DynoLife) -> None:
        self._world = world
        self._life = life
        self._tasks: set[asyncio.Task[object]] = set()
        self._running: set[Dyno] = set()

    def release(self, app: App) -> None:
        """Bring all formation dynos to the app's current release."""
        for dyno in [item for item in app.dynos.values() if not item.one_off and item.type not in app.formation]:
            del app.dynos[dyno.name]
            self._retire(dyno)
        preboot = app.features.get("preboot", False)
        self.restart(app, app.formation, preboot_types={WEB_TYPE} if preboot else set())

    def restart(self, app: App, types: Iterable[str], preboot_types: Iterable[str] = ()) -> None:
        """Replace the dynos of some process types; those of preboot types overlap for a while."""
        for type_name in list(types):
            old = formation_dynos(app, type_name)
            for dyno in old:
                del app.dynos[dyno.name]
                if type_name in preboot_types:
                    self._overlap(dyno)
                else:
                    self._retire(dyno)
            self._fill(app, type_name)

    def restart_one(self, dyno: Dyno) -> None:
        """Replace one formation dyno, or end a one-off dyno."""
        if not dyno.one_off:
            del dyno.app.dynos[dyno.name]
        self._retire(dyno)
        if not dyno.one_off:
            self._fill(dyno.app, dyno.type)

    def scale(self, app: App, type_name: str, quantity: int) -> None:
        """Set how many dynos of a type run; the highest numbers go first. Makes no release."""
        entry = app.formation[type_name]
        entry.quantity = quantity
        entry.touch()
        for dyno in formation_dynos(app, type_name):
            if number_of(dyno) > quantity:
                del app.dynos[dyno.name]
                self._retire(dyno)
        self._fill(app, type_name)

    def run(
        self,
        app: App,
        release: Release,
        command: str,
        type_name: str,
        environment: Mapping[str, str],
        *,
        meeting: Meeting | None = None,
    ) -> tuple[Dyno, asyncio.Task[object]]:
        """Start a one-off dyno; the task ends with its process. With a meeting it ends with its client too."""
        dyno = Dyno(
            app=app,
            name=_one_off_name(app, type_name),
            type=type_name,
            command=command,
            release=release,
            retired=asyncio.Event(),
            one_off=True,
            environment=dict(environment),
            meeting=meeting,
        )
        app.dynos[dyno.name] = dyno
        if meeting is not None:
            self._spawn(self._retire_without_client(dyno, meeting))
        return dyno, self._spawn(self._one_off(dyno))

    def end_all(self, app: App) -> None:
        """End every dyno of an app for good, one-off dynos and those that preboot keeps too."""
        app.formation.clear()
        for dyno in [*app.dynos.values(), *app.overlapping]:
            self._retire(dyno)
        app.dynos.clear()
        app.overlapping.clear()

    def expire(self, dyno: Dyno, seconds: float) -> None:
        """End a one-off dyno when its time to live is over."""
        self._spawn(self._retire_later(dyno, seconds))

    async def close(self) -> None:
        """End every dyno, with the short grace of a sandbox that goes down."""
        grace = self._world.settings.shutdown_seconds
        ends = [asyncio.create_task(self._life.end(dyno, grace)) for dyno in self._running]
        if ends:  # one that was stopping already keeps its own, longer grace; the server sweeps after us
            await asyncio.wait(ends, timeout=grace + 1)
        remaining = [*ends, *self._tasks]
        for task in remaining:
            task.cancel()
        await asyncio.gather(*remaining, return_exceptions=True)

    def _fill(self, app: App, type_name: str) -> None:
        entry = app.formation[type_name]
        if type_name == RELEASE_TYPE or app.current is None:
            return
        for number in range(1, entry.quantity + 1):
            name = f"{type_name}.{number}"
            if name not in app.dynos:
                dyno = Dyno(
                    app=app,
                    name=name,
                    type=type_name,
                    command=entry.command,
                    size=entry.size,
                    release=app.current,
                    retired=asyncio.Event(),
                )
                app.dynos[name] = dyno
                self._spawn(self._formation(dyno))

    async def _formation(self, dyno: Dyno) -> None:
        self._running.add(dyno)
        try:
            await self._life.keep(dyno)
        finally:
            self._running.discard(dyno)

    async def _one_off(self, dyno: Dyno) -> None:
        self._running.add(dyno)
        try:
            await self._life.once(dyno)
        finally:
            self._running.discard(dyno)
            dyno.app.dynos.pop(dyno.name, None)
            if dyno.meeting is not None:
                dyno.meeting.left.set()

    def _retire(self, dyno: Dyno) -> None:
        dyno.retired.set()
        self._spawn(self._life.end(dyno, self._world.settings.kill_after_seconds))

    def _overlap(self, dyno: Dyno) -> None:
        dyno.app.overlapping.append(dyno)
        self._spawn(self._retire_later(dyno, self._world.settings.preboot_overlap_seconds))

    async def _retire_without_client(self, dyno: Dyno, meeting: Meeting) -> None:
        await meeting.left.wait()
        if not dyno.retired.is_set():
            self._retire(dyno)

    async def _retire_later(self, dyno: Dyno, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if dyno in dyno.app.overlapping:
            dyno.app.overlapping.remove(dyno)
        if not dyno.retired.is_set():
            self._retire(dyno)

    def _spawn(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def formation_dynos(app: App, type_name: str) -> list[Dyno]:
    """Return the visible formation dynos of a process type."""
    return [dyno for dyno in app.dynos.values() if dyno.type == type_name and not dyno.one_off]


def number_of(dyno: Dyno) -> int:
    """Return 2 for web.2."""
    return int(dyno.name.rpartition(".")[2])


def _one_off_name(app: App, type_name: str) -> str:
    # Four digits, as Heroku numbers one-off dynos; so no formation dyno can have the name.
    while (name := f"{type_name}.{random.randint(1000, 9999)}") in app.dynos:
        pass
    return name
