"""Releases: numbered, one after another, with a release phase in between when there is one.

What is known of Heroku here: https://devcenter.heroku.com/articles/releases,
https://devcenter.heroku.com/articles/release-phase, https://github.com/heroku/cli/issues/3345
"""

from __future__ import annotations

import asyncio
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from migrate.sandbox.dynos.formation import RELEASE_TYPE, follow
from migrate.sandbox.world import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.sandbox.dynos.supervisor import Supervisor
    from migrate.sandbox.journal import Journal
    from migrate.sandbox.world import App, Slug, World

Change = dict[str, str | None]
PARTNER_EMAIL = "cloudamqp@addons.heroku.com"


class Releases:
    """Makes releases and lets them take effect in order."""

    def __init__(self, world: World, supervisor: Supervisor, journal: Journal) -> None:
        self._world = world
        self._supervisor = supervisor
        self._journal = journal
        self._busy: dict[str, asyncio.Task[None]] = {}

    def create(
        self,
        app: App,
        description: str,
        change: Mapping[str, str | None] | None = None,
        *,
        slug: Slug | None = None,
        phase: bool = True,
        user: str | None = None,
        held: bool = False,
    ) -> Release:
        """Add a release: live at once when nothing stands before it, else `pending` in the queue.

        A release without a `slug` of its own runs the one before it. `phase` says whether the release
        phase runs for this kind of release, `held` keeps it pending until settle() is called.
        """
        app.requested = changed(app.requested, change or {})
        app.requested_slug = slug or app.requested_slug
        release = Release(
            app=app,
            version=len(app.releases) + 1,
            description=description,
            user_email=user or app.owner.email,
            change=dict(change or {}),
            config=app.requested,
            slug=app.requested_slug,
            plan_names=self._plan_names(app),
            runs_phase=phase,
            outcome=asyncio.get_running_loop().create_future() if held else None,
        )
        app.releases.append(release)
        self._note(release)
        self._advance(app)
        return release

    def deploy(self, app: App, slug: Slug, *, user: str | None = None) -> Release:
        """Release a slug; its process types become the app's when the release is live."""
        app.slugs[slug.id] = slug
        return self.create(app, f"Deploy {(slug.commit or slug.id)[:8]}", slug=slug, user=user)

    def settle(self, release: Release, status: str) -> None:
        """Say how a held release ends: succeeded, failed or expired."""
        if release.outcome is not None and not release.outcome.done():
            release.outcome.set_result(status)

    def is_busy(self, app: App) -> bool:
        """Return whether a release phase runs, which makes config reads stale."""
        return app.name in self._busy

    async def forget(self, app: App) -> None:
        """Give up what is pending on an app that goes away."""
        for release in app.releases:
            release.status = "expired" if release.status == "pending" else release.status
        phase = self._busy.get(app.name)
        if phase is not None:
            phase.cancel()
            await asyncio.gather(phase, return_exceptions=True)

    async def close(self) -> None:
        """Give up what is pending."""
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _advance(self, app: App) -> None:
        while app.name not in self._busy:
            release = next((item for item in app.releases if item.status == "pending"), None)
            if release is None:
                return
            if self._has_phase(release):
                self._busy[app.name] = asyncio.get_running_loop().create_task(self._phase(release))
                return
            self._finish(release, "succeeded")

    def _has_phase(self, release: Release) -> bool:
        settings, types = self._world.settings, release.process_types
        if release.outcome is not None:
            return True
        artificial = settings.release_phase_seconds > 0 or self._is_to_fail(release)
        return release.runs_phase and bool(types) and (artificial or RELEASE_TYPE in types)

    async def _phase(self, release: Release) -> None:
        status = "failed"
        try:
            status = await (release.outcome or self._command(release))
        finally:
            del self._busy[release.app.name]
        self._finish(release, status)
        self._advance(release.app)

    async def _command(self, release: Release) -> str:
        await asyncio.sleep(self._world.settings.release_phase_seconds)
        command = release.process_types.get(RELEASE_TYPE)
        if command is not None:
            dyno, task = self._supervisor.run(release.app, release, command, RELEASE_TYPE, {})
            release.output_log = self._world.log_of(release.app, dyno.name)
            await task
            if dyno.exit_code != 0:
                return "failed"
        return "failed" if self._is_to_fail(release) else "succeeded"

    def _is_to_fail(self, release: Release) -> bool:
        settings = self._world.settings
        return settings.release_phase_fails or fnmatchcase(release.description, settings.release_phase_fails_for)

    def _finish(self, release: Release, status: str) -> None:
        app = release.app
        release.status = status
        release.touch()
        self._note(release)
        if status == "succeeded":
            app.current = release
            follow(app, release.process_types)
            self._supervisor.release(app)
        elif not self._world.settings.failed_changes_survive:
            self._forget_change(release)

    def _forget_change(self, failed: Release) -> None:
        app = failed.app
        config, slug = app.live_config, app.current.slug if app.current else None
        for release in app.releases[failed.version :]:
            release.config = config = changed(config, release.change)
            release.slug = slug = slug if release.slug is failed.slug else release.slug
        app.requested, app.requested_slug = config, slug

    def _plan_names(self, app: App) -> list[str]:
        there = [item for item in self._world.addons.values() if item.state in {"provisioning", "provisioned"}]
        return [f"cloudamqp:{item.plan.name}" for item in there if item.app is app]

    def _note(self, release: Release) -> None:
        self._journal.event(
            "release",
            app=release.app.name,
            version=release.version,
            status=release.status,
            user=release.user_email,
            description=release.description,
            variables=sorted(release.config),
        )


def changed(config: Mapping[str, str], change: Mapping[str, str | None]) -> dict[str, str]:
    """Given a config map and a change (None removes), return the map after it."""
    merged = {**config, **change}
    return {name: value for name, value in merged.items() if value is not None}


def describe_change(change: Mapping[str, str | None]) -> str:
    """Return Heroku's description of a release that sets or removes config vars."""
    names_set = [name for name, value in change.items() if value is not None]
    names_removed = [name for name, value in change.items() if value is None]
    parts = [f"Set {', '.join(names_set)}"] if names_set else []
    parts += [f"Remove {', '.join(names_removed)}"] if names_removed else []
    return f"{' and '.join(parts)} config vars"
