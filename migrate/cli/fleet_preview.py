"""From ``fleet.toml`` to what would be done: the apps, their waves, and what their preflights say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.clients.broker import Brokers
from migrate.cloudamqp import full_plan_name
from migrate.errors import MigrateError, UsageError
from migrate.events import FleetPreviewed
from migrate.exits import Exit
from migrate.fleet.manifest import AUTO, HOLD, parse
from migrate.fleet.members import Fleet, new_id
from migrate.fleet.preparing import prepare
from migrate.fleet.rows import LookedAt
from migrate.fleet.selection import select
from migrate.fleet.waves import allowed_failures, waves
from migrate.migration import new_id as new_migration_id
from migrate.planning.opening import refuse_findings
from migrate.results import NOTHING_CHANGED, listed
from migrate.wording import counted

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.clients.heroku import Heroku
    from migrate.events import Result
    from migrate.fleet.manifest import Manifest
    from migrate.fleet.selection import Chosen


def read(file: Path) -> Manifest:
    """Given a file, return what it says; raises UsageError."""
    try:
        return parse(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is no UTF-8"
        raise UsageError(f"{file} cannot be read.", why=f"{why}.", next="migrate-plan fleet preview FILE") from None


def formed(manifest: Manifest, chosen: tuple[Chosen, ...], accepted: tuple[str, ...]) -> Fleet:
    """Given a file and its apps, return the fleet of those for which there is something to do."""
    apps = tuple(item.app for item in chosen if not item.moved)
    left = {item.app for item in chosen if item.moved}
    shares = tuple(
        tuple(name for name in share if name not in left) if isinstance(share, tuple) else share
        for share in manifest.waves
    )
    return Fleet(
        id=new_id(),
        name=manifest.name,
        to_plan=full_plan_name(manifest.to),
        waves=waves(apps, shares),
        auto=manifest.gate == AUTO,
        allowed_failures=allowed_failures(manifest.max_failures, len(apps)),
        parallel=manifest.parallel,
        options=manifest.options,
        of_apps=manifest.of_apps,
        accepted=accepted,
    )


def shown(fleet: Fleet, rows: tuple[LookedAt, ...]) -> FleetPreviewed:
    """Given a fleet and what was found of its apps, return what is shown."""
    return FleetPreviewed(
        name=fleet.name,
        to_plan=fleet.to_plan,
        waves=len(fleet.waves),
        gate=AUTO if fleet.auto else HOLD,
        allowed_failures=fleet.allowed_failures,
        parallel=fleet.parallel,
        apps=rows,
    )


def rows(fleet: Fleet, chosen: tuple[Chosen, ...]) -> tuple[LookedAt, ...]:
    """Return what is known of each app without a look at it, in the order of the waves."""
    wave_of = {app: number for number, wave in enumerate(fleet.waves, 1) for app in wave}
    made = [
        LookedAt(item.app, wave_of.get(item.app, 0), item.plan, "moved" if item.moved else "not looked at")
        for item in chosen
    ]
    return tuple(sorted(made, key=lambda row: (row.wave or len(fleet.waves) + 1, row.app)))


def previewed(speech: Speech, world: World, file: Path, accepted: tuple[str, ...]) -> Result:
    """Given a file, look at every app of it with reads alone, tell what was found and return how that ended."""
    manifest = read(file)
    workshop = world.heroku_each(speech.clock)
    chosen = select(workshop(), manifest)
    fleet = formed(manifest, chosen, accepted)
    with ThreadPoolExecutor(fleet.parallel) as threads:
        try:
            found = tuple(threads.map(lambda row: _looked(workshop(), world, fleet, row), rows(fleet, chosen)))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    speech.tell(shown(fleet, found))
    against = [row for row in found if row.verdict in {"refused", "unknown"}]
    if against:
        what = f"{counted(len(against), 'app')} of {len(found)} would be refused, or could not be looked at."
        first = against[0]
        result = listed(what, first.do or f"migrate-plan --to {manifest.to} --app {first.app} --dry-run")
        return replace(result, exit=Exit.REFUSED, code="FLEET_REFUSED", state=NOTHING_CHANGED)
    return listed("No app would be refused.", f"migrate-plan fleet run {file} --confirm {fleet.name}")


def _looked(heroku: Heroku, world: World, fleet: Fleet, row: LookedAt) -> LookedAt:
    if row.verdict == "moved":
        return row
    try:
        prepared = prepare(heroku, Brokers(world.rabbitmq_api), fleet, row.app, new_migration_id())
        if prepared is None:
            return replace(row, verdict="moved")
        refuse_findings(prepared.previewed, prepared.migration)
    except MigrateError as error:
        verdict = "refused" if error.exit in {Exit.REFUSED, Exit.HELD, Exit.USAGE} else "unknown"
        return replace(row, verdict=verdict, code=error.code, why=f"{error.what} {error.why}".strip(), do=error.next)
    estimate = prepared.previewed.estimate
    known = (estimate.eager_seconds, estimate.drain_seconds) if estimate else ()
    seconds = next((item for item in known if item is not None), None)
    return replace(row, plan=prepared.migration.from_plan, verdict="ready", seconds=seconds)
