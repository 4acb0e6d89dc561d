"""When a release is live: pure judgements over releases, formation and dynos, and the waits built on them.

A config read says nothing: it shows old values while a release command runs (heroku/cli#3345), and the newest
release may be somebody else's. So a release is found by its version and content, its status is waited for, and
then every dyno of the formation must run it or a later one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.errors import DynosCrashed, ReleaseFailed
from migrate.events import DynosRunning, ReleaseLive
from migrate.platform import PENDING, SUCCEEDED
from migrate.waits import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from migrate.platform import Dyno, ProcessType, Release
    from migrate.run import Run

SHUTDOWN_SECONDS: Final = 30.0
"""After SIGTERM an old dyno may live this long. https://devcenter.heroku.com/articles/dyno-shutdown-behavior"""
PREBOOT_SECONDS: Final = 210.0
"""With preboot old web dynos serve for about three minutes more, unlisted, and are then shut down."""


def newest_version(run: Run) -> int:
    """Return the highest release version of the app, whatever its status."""
    return max((release.version for release in run.heroku.releases(run.app)), default=0)


def current_version(run: Run) -> int:
    """Return the version of the release that is live."""
    return max((item.version for item in run.heroku.releases(run.app) if item.current), default=0)


def release_with(run: Run, since: int, fits: Callable[[Mapping[str, str]], bool]) -> Release | None:
    """Given a version and what to look for in variables, return the first later release that has it, or None.

    Read from the release's own variables, the one reading that a release phase does not make stale.
    """
    later = [item for item in run.heroku.releases(run.app) if item.version > since]
    for release in sorted(later, key=lambda item: item.version):
        if fits(run.heroku.variables_of(run.app, release)):
            return release
    return None


def wait_until_settled(run: Run, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Wait until no release is pending, with something to do at every look.

    Heroku would queue the next one behind it, without a lock.
    """

    def look() -> bool | Waiting:
        waiting = _pending(run.heroku.releases(run.app))
        if waiting:
            meanwhile()
        return waiting or True

    run.waiter.until(look, run.limits.release)


def wait_until_released(run: Run, version: int, meanwhile: Callable[[], None]) -> None:
    """Wait until no release is pending and that version has succeeded, with something to do at every look.

    Raises ReleaseFailed.
    """

    def look() -> bool | Waiting:
        waiting = judge_release(run.app, run.heroku.releases(run.app), version)
        if waiting is None:
            return True
        meanwhile()
        return waiting

    run.waiter.until(look, run.limits.release)


def see_live(run: Run, wanted: Collection[str]) -> int:
    """Given variables that are to be there, wait until the live release and its dynos have them, whoever made it.

    Returns its version. Raises ReleaseFailed where it lacks one and the newest release failed.
    """
    version = run.waiter.until(lambda: look_live(run, wanted), run.limits.release)
    wait_for_dynos(run, version)
    return version


def look_live(run: Run, wanted: Collection[str]) -> int | Waiting:
    """Given variables, return the version of the live release that has them all, or why to wait for one.

    Judged by what dynos run: a later release of somebody's that failed changes nothing. Raises ReleaseFailed where
    the newest release was to bring them, and failed.
    """
    releases = run.heroku.releases(run.app)
    if waiting := _pending(releases):
        return waiting
    live = next((item for item in releases if item.current), None)
    if live and not _missing(run, wanted, live):
        return live.version
    newest = max(releases, key=lambda item: item.version)
    if missing := _missing(run, wanted, newest):
        return Waiting(f"{', '.join(missing)} not set yet")
    return judge_release(run.app, releases, newest.version) or newest.version


def _missing(run: Run, wanted: Collection[str], release: Release) -> list[str]:
    return sorted(set(wanted) - run.heroku.variables_of(run.app, release).keys())


def see_gone(run: Run, names: Collection[str]) -> None:
    """Given variables, wait until the newest release is without them and the dynos of the live one are up.

    Whether that release succeeds is not asked: the app needs none of them, and does not run worse with one.
    """

    def look() -> bool | Waiting:
        releases = run.heroku.releases(run.app)
        if waiting := _pending(releases):
            return waiting
        newest = max(releases, key=lambda item: item.version)
        left = set(names) & run.heroku.variables_of(run.app, newest).keys()
        return Waiting(f"{', '.join(sorted(left))} still set") if left else True

    run.waiter.until(look, run.limits.release)
    wait_for_dynos(run, current_version(run))


def _pending(releases: Sequence[Release]) -> Waiting | None:
    pending = [f"v{item.version}" for item in releases if item.status == PENDING]
    return Waiting(f"release {', '.join(pending)} is running its release command") if pending else None


def judge_release(app: str, releases: Sequence[Release], version: int) -> Waiting | None:
    """Given an app, its newest releases and a version, return why to wait, or None when it is live.

    Raises ReleaseFailed when it failed or expired: the release before it keeps running.
    """
    ours = next((item for item in releases if item.version == version), None)
    if ours is not None and ours.status not in {PENDING, SUCCEEDED}:
        raise ReleaseFailed(
            f"Release v{version} {ours.status}.",
            why=f"Its release command did not succeed ({ours.description}), so the release before it keeps running.",
            next=f"heroku releases:output v{version} --app {app}",
        )
    if waiting := _pending(releases):
        return waiting
    current = next((item.version for item in releases if item.current), 0)
    if current < version:
        return Waiting(f"v{current} is still the current release, v{version} is to come")
    return None


class DynosLive(Struct, frozen=True):
    """Every dyno of the formation is up on the release."""

    ids: frozenset[str]
    older: tuple[str, ...] = ()
    """Names of dynos of no process type that run an older one: it is theirs until they end."""


def wait_for_dynos(run: Run, version: int) -> DynosLive:
    """Wait until every dyno of the formation is up on that release or a later one; raises DynosCrashed."""
    restarting = version > run.seen_live
    if restarting:
        run.seen_live = version
        run.forget_formation()
        run.emit(ReleaseLive(run.step, version))

    def look() -> DynosLive | Waiting:
        nonlocal restarting
        if restarting:
            # None boots in no time: to ask at once would be a call for nothing.
            restarting = False
            return Waiting(f"v{version} is live, its dynos are next")
        return judge_dynos(run.app, run.formation(), run.heroku.dynos(run.app), version)

    up = run.waiter.until(look, run.limits.dynos)
    run.emit(DynosRunning(run.step, version, len(up.ids)))
    return up


def judge_dynos(
    app: str, formation: Sequence[ProcessType], dynos: Sequence[Dyno], version: int
) -> DynosLive | Waiting:
    """Given an app, its formation and dynos, say whether as many as there should be are up on the release.

    Counts against the formation, so that a moment with no dynos listed is not taken for success.
    """
    types = {item.type for item in formation if item.quantity}
    crashed = [d.name for d in dynos if d.state == "crashed" and d.version >= version and d.type in types]
    if crashed:
        raise DynosCrashed(
            f"Dynos crashed on release v{version}: {', '.join(crashed)}.",
            why="The new configuration does not let them boot, or the app is broken.",
            next=f"heroku logs --dyno {crashed[0]} --app {app}",
        )
    live: set[str] = set()
    for item in formation:
        up = [dyno for dyno in dynos if dyno.type == item.type and _is_up(dyno, version)]
        if item.type != "release" and len(up) < item.quantity:
            return Waiting(f"{len(up)} of {item.quantity} {item.type} dynos are up on v{version}")
        live.update(dyno.id for dyno in up)
    types = {item.type for item in formation}
    older = tuple(dyno.name for dyno in dynos if dyno.version < version and dyno.type not in types)
    return DynosLive(frozenset(live), older)


def _is_up(dyno: Dyno, version: int) -> bool:
    # Eco dynos fall asleep ("idle"); they start again on the newest release.
    return dyno.state in {"up", "idle"} and dyno.version >= version
