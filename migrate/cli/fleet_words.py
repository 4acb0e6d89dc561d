"""What is said to a fleet from another terminal, and what it answers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import typer
from msgspec.structs import replace

from migrate import results
from migrate.cli.report import refuse_overwriting
from migrate.clients import private_file
from migrate.errors import ReportNotWritten
from migrate.events import Result
from migrate.exits import Exit
from migrate.fleet.members import AppState, Word
from migrate.fleet.seeing import seen
from migrate.fleet.verdicts import exit_status, verdict
from migrate.report.fleet.markdown import markdown
from migrate.results import listed, nothing_to_do
from migrate.wording import counted

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.fleet.members import Standing
    from migrate.store.store import Store


def status_of(speech: Speech, world: World, wanted: str | None) -> Result:
    """Tell how a fleet stands; return what may be typed then."""
    store = world.store_to_read(speech)
    standing = store.fleets.standing(store.fleets.find(wanted))
    speech.tell(seen(store, standing, speech.clock))
    return replace(ended(world, standing), exit=Exit.DONE, code="FLEET_STATUS")


def reported(speech: Speech, world: World, wanted: str | None, output: Path | None, *, force: bool) -> Result:
    """Write the page about a fleet: in Markdown to stdout, or to a file, as HTML but for one that ends in ``.md``.

    With ``--json`` tell how it stands. Raises ReportNotWritten.
    """
    store = world.store_to_read(speech)
    standing = store.fleets.standing(store.fleets.find(wanted))
    found = seen(store, standing, speech.clock)
    if speech.json:
        speech.pass_on(found, "")
    if output is not None:
        if not force:
            again = world.fleet_command("report", found.fleet, "-o", str(output), "--force")
            refuse_overwriting(output, again)
        text = markdown(found) if output.suffix.lower() == ".md" else _html(speech, world, store, standing)
        private_file.write(output, text, ReportNotWritten)
        return results.reported(str(output), f"fleet {found.name}")
    if not speech.json:
        typer.echo(markdown(found), nl=False)
    return listed(f"The page about fleet {found.name}.", world.fleet_command("status", found.fleet))


def _html(speech: Speech, world: World, store: Store, standing: Standing) -> str:
    from migrate.report.fleet.making import made
    from migrate.report.fleet.material import Typed

    go_on, retry, report = (world.fleet_command(verb, standing.fleet.id) for verb in ("continue", "retry", "report"))
    typed = Typed(go_on, retry, report, world.command)
    return made(store, standing, ended(world, standing), typed, speech.clock)


def paused(speech: Speech, world: World, wanted: str | None) -> Result:
    """Let no further app of a fleet begin."""
    store = world.writable_store(speech)
    standing = store.fleets.standing(store.fleets.find(wanted))
    if standing.word != Word.RUNNING:
        return _said_already(world, standing)
    store.fleets.say(standing.fleet.id, Word.PAUSED)
    busy = sum(member.is_worked_on for member in standing.members)
    return listed(
        f"Fleet {standing.fleet.name} is paused: no further app begins. {counted(busy, 'app')} at work will go on.",
        world.fleet_command("continue", standing.fleet.name),
    )


def stopped(speech: Speech, world: World, wanted: str | None) -> Result:
    """Stop all apps of a fleet that can still go back."""
    store = world.writable_store(speech)
    standing = store.fleets.standing(store.fleets.find(wanted))
    if standing.word not in {Word.RUNNING, Word.PAUSED}:
        return _said_already(world, standing)
    store.fleets.say(standing.fleet.id, Word.STOPPING)
    busy = sum(member.is_worked_on for member in standing.members)
    what = f"Fleet {standing.fleet.name} stops. Of {counted(busy, 'app')} at work those are finished"
    return listed(
        f"{what} that cannot go back; the others stop where they can go on.",
        world.fleet_command("status", standing.fleet.name),
    )


def _said_already(world: World, standing: Standing) -> Result:
    what = f"Fleet {standing.fleet.name} is {standing.word} already."
    return replace(nothing_to_do(what), next=(world.fleet_command("status", standing.fleet.name),))


def ended(world: World, standing: Standing) -> Result:
    """Given a fleet, return the result of a command that has worked on it and works no more."""
    counts = Counter(str(member.state) for member in standing.members)
    found, fleet = verdict(standing), standing.fleet
    status = exit_status(standing)
    told = ", ".join(f"{number} {state}" for state, number in counts.items())
    what = f"Fleet {fleet.name}: {told}."
    if found.gate and not found.starts:
        what += f" Wave {found.gate} of {len(fleet.waves)} waits for a word."
    return Result(
        exit=status,
        code=_CODES.get(status, "FLEET_UNFINISHED"),
        what=what,
        why=standing.why,
        state=_state(standing),
        next=_next(world, standing, gate=found.gate),
        runbook="" if status == Exit.DONE else "fleet",
    )


_CODES = {Exit.DONE: "FLEET_DONE", Exit.ROLLED_BACK: "FLEET_ROLLED_BACK", Exit.REFUSED: "FLEET_REFUSED"}


def _state(standing: Standing) -> str:
    half = [m.app for m in standing.members if m.state in {AppState.FAILED, AppState.STOPPED, AppState.WORKING}]
    if not half:
        return "No app is half moved."
    return (
        f"{counted(len(half), 'app')} may be half moved; `migrate-plan status MIGRATION` says of each what is true."
    )


def _next(world: World, standing: Standing, *, gate: int) -> tuple[str, ...]:
    states = {member.state for member in standing.members}
    name = standing.fleet.id
    unfinished = states & {AppState.WAITING, AppState.STOPPED, AppState.WORKING}
    words = [world.fleet_command("continue", name)] if gate or unfinished else []
    if states & {AppState.FAILED, AppState.REFUSED}:
        words.append(world.fleet_command("retry", name))
    return tuple(words)
