"""Builds: a source becomes a slug, the slug a release. One build of an app runs after another."""

from __future__ import annotations

import asyncio
import shutil
from collections import defaultdict
from typing import TYPE_CHECKING

from migrate import procfile
from migrate.sandbox.builds import source
from migrate.sandbox.builds.interpreters import Interpreters, NotInstalled
from migrate.sandbox.builds.output import BuildOutput
from migrate.sandbox.world import Build, Slug, Source, new_id

if TYPE_CHECKING:
    from migrate.sandbox.journal import Journal
    from migrate.sandbox.releases import Releases
    from migrate.sandbox.world import Account, App, Release, SourceBlob, World

_EXPECTED = (NotInstalled, procfile.NoProcfile, source.BadSource)


class Builds:
    """Takes sources, and builds and releases what is put there."""

    def __init__(self, world: World, releases: Releases, journal: Journal) -> None:
        self._world = world
        self._releases = releases
        self._journal = journal
        self._interpreters = Interpreters(world.directory)
        self._turns: defaultdict[App, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: dict[Build, asyncio.Task[None]] = {}

    def new_source(self) -> Source:
        """Make a place for a tarball."""
        made = Source(archive=self._world.directory / "sources" / new_id())
        made.archive.parent.mkdir(exist_ok=True)
        self._world.sources[made.id] = made
        return made

    def start(self, app: App, account: Account, given: Source, blob: SourceBlob) -> Build:
        """Build what was put at a source; `blob` is what was said of it."""
        number = len(app.builds) + 1
        log = self._world.log_of(app, f"build.{number}")
        build = Build(app=app, account=account, source=given, blob=blob, log=log)
        app.builds[build.id] = build
        output = BuildOutput(log)
        task = asyncio.get_running_loop().create_task(self._run(build, output))
        self._tasks[build] = task
        task.add_done_callback(lambda _: self._tasks.pop(build))
        return build

    async def cancel(self, build: Build) -> None:
        """End a build that waits or runs, with its processes."""
        task = self._tasks[build]
        task.cancel()
        await asyncio.wait([task])

    async def close(self) -> None:
        """End all builds."""
        await asyncio.gather(*(self.cancel(build) for build in list(self._tasks)))

    async def _run(self, build: Build, output: BuildOutput) -> None:
        status, slug_id = "failed", new_id()
        try:
            async with self._turns[build.app]:
                build.slug = await self._slug(build, slug_id, output)
                build.release = self._release(build, build.slug, output)
                status = "succeeded"
        except _EXPECTED as error:
            output.trouble(f"Push rejected, failed to compile Python app: {error}.")
        except asyncio.CancelledError:
            output.trouble("Build canceled.")
            raise
        except Exception:
            output.trouble("Push rejected: the sandbox itself failed, its server.log says how.")
            raise
        finally:
            if build.slug is None:
                shutil.rmtree(self._world.directory / "slugs" / slug_id, ignore_errors=True)
            self._end(build, status)

    async def _slug(self, build: Build, slug_id: str, output: BuildOutput) -> Slug:
        directory, archive = self._world.directory / "slugs" / slug_id, build.source.archive
        await asyncio.to_thread(source.check, archive, build.blob.checksum)
        await asyncio.to_thread(source.unpack, archive, directory)
        output.step("Python app detected")
        process_types = procfile.read(directory)
        programs = await self._interpreters.programs(directory, build.app.requested, output)
        output.step("Discovering process types")
        output.detail(f"Procfile declares types -> {', '.join(sorted(process_types))}")
        return Slug(
            id=slug_id,
            directory=directory,
            process_types=process_types,
            programs=programs,
            commit=build.blob.version or "",
        )

    def _release(self, build: Build, slug: Slug, output: BuildOutput) -> Release:
        output.step("Launching...")
        release = self._releases.deploy(build.app, slug, user=build.account.email)
        if release.status == "pending":
            output.trouble(
                "Release command declared: this new release will not be available until the command succeeds."
            )
        output.detail(f"Released v{release.version}")
        return release

    def _end(self, build: Build, status: str) -> None:
        build.status = status
        build.touch()
        self._journal.event("build", app=build.app.name, id=build.id, status=status)
