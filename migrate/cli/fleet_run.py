"""A fleet from its beginning, or from where it was left, until nothing is left to do for this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.cli.fleet_preview import formed, read, rows, shown
from migrate.cli.fleet_tools import Workshop
from migrate.cli.fleet_words import ended
from migrate.errors import ConfirmationMismatch, ConfirmationMissing, UsageError
from migrate.events import FleetAppChanged
from migrate.fleet.carrying import BROKER, SENT_SECONDS, Sender
from migrate.fleet.crew import Loop, Threads
from migrate.fleet.members import AppState, Word
from migrate.fleet.seeing import caught_up, seen
from migrate.fleet.selection import select
from migrate.fleet.verdicts import current_wave, failures, verdict
from migrate.migration import new_id
from migrate.results import Stopped, refusal
from migrate.store.records import OPEN
from migrate.wording import listed

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Event, Result
    from migrate.fleet.celery_app import Carrier
    from migrate.fleet.members import Fleet, Member, Standing
    from migrate.fleet.verdicts import Verdict
    from migrate.store.store import Store


class Wanted(Struct, frozen=True):
    """What was asked for on the command line."""

    confirm: str | None
    accepted: tuple[str, ...]
    broker: str | None


def begin(speech: Speech, world: World, file: Path, wanted: Wanted) -> Result:
    """Given a file, show its fleet, have it confirmed, and work on it; return how it stands then."""
    manifest = read(file)
    carrier = _carrier(wanted.broker)
    store = world.writable_store(speech)
    workshop = _workshop(speech, world, store)
    chosen = select(workshop.heroku(speech.clock, speech.hear_call), manifest)
    fleet = replace(formed(manifest, chosen, wanted.accepted), carried=carrier is not None)
    speech.tell(shown(fleet, rows(fleet, chosen)))
    _confirm(speech, wanted.confirm, fleet)
    store.fleets.create(fleet, {app: new_id() for app in fleet.apps})
    speech.people.say(f"Fleet {fleet.name} is {fleet.id}.")
    return _worked_on(speech, workshop, fleet.id, carrier)


def go_on(speech: Speech, world: World, wanted: str | None, broker: str | None) -> Result:
    """Let a fleet go on, and work on it; return how it stands then."""
    carrier = _carrier(broker)
    store = world.writable_store(speech)
    workshop = _workshop(speech, world, store)
    standing = caught_up(store, store.fleets.standing(store.fleets.find(wanted)), speech.clock)
    if standing.word != Word.ENDED:
        _let_go_on(store, standing)
    return _worked_on(speech, workshop, standing.fleet.id, carrier)


def again(speech: Speech, world: World, named: str | None, apps: tuple[str, ...], wanted: Wanted) -> Result:
    """Go on with apps that failed or were refused, and with all that waits; return how the fleet stands then."""
    carrier, accepted = _carrier(wanted.broker), wanted.accepted
    store = world.writable_store(speech)
    workshop = _workshop(speech, world, store)
    standing = caught_up(store, store.fleets.standing(store.fleets.find(named)), speech.clock)
    members = _to_retry(standing, apps)
    if accepted:
        store.fleets.accept(standing.fleet.id, accepted)
    store.fleets.amend(standing.fleet.id, [_anew(store, member, accepted) for member in members])
    _let_go_on(store, store.fleets.standing(standing.fleet.id))
    return _worked_on(speech, workshop, standing.fleet.id, carrier)


def _let_go_on(store: Store, standing: Standing) -> None:
    gate = verdict(standing).gate
    reached = current_wave(standing) if standing.word == Word.STOPPING else 0
    opened = max(standing.opened, gate, reached)
    store.fleets.go_on(standing.fleet.id, opened=opened, tolerated=failures(standing))


def _to_retry(standing: Standing, apps: tuple[str, ...]) -> list[Member]:
    known = {member.app: member for member in standing.members}
    if unknown := [name for name in apps if name not in known]:
        raise UsageError(
            f"Fleet {standing.fleet.name} has no app {unknown[0]}.",
            why=f"It has {listed(list(known))}.",
            next=f"migrate-plan fleet status {standing.fleet.id}",
        )
    again = {AppState.FAILED, AppState.REFUSED} | ({AppState.ROLLED_BACK} if apps else set())
    return [member for member in standing.members if member.state in again and (not apps or member.app in apps)]


def _anew(store: Store, member: Member, accepted: tuple[str, ...]) -> Member:
    record = store.find(member.migration)
    over = record is not None and record.state not in OPEN
    if record is not None and not over and accepted:
        store.accept(record.migration, accepted)
    clean = replace(member, state=AppState.WAITING, exit=None, code="", what="", next="", eager_seconds=None)
    if record is not None and not over:
        return clean
    return replace(clean, migration=new_id() if over else member.migration, began_at=None)


def _confirm(speech: Speech, given: str | None, fleet: Fleet) -> None:
    name = fleet.name
    if given is None and speech.interactive:
        from migrate.cli.ask import fleet_name

        given = fleet_name(name, len(fleet.apps))
    if given is None:
        raise ConfirmationMissing(
            "Nobody confirmed the fleet.",
            why="There is no terminal to ask on, and --confirm was not given.",
            next=f"the same command with --confirm {name}",
        )
    if given != name:
        raise ConfirmationMismatch(
            f"The confirmation {given!r} is not the fleet's name.",
            why=f"The fleet is {name}.",
            next=f"the same command with --confirm {name}",
        )


def _workshop(speech: Speech, world: World, store: Store) -> Workshop:
    # An audit log that cannot be opened, or a hook that is none, keeps a fleet from beginning at all.
    listeners, _ = world.audience.gathered(speech.clock, speech.mention)
    for listener in listeners:
        listener.close()
    return Workshop(world, store, speech.mention, SimpleQueue())


_LEFT: Final = "Nobody here works on it any more; who continues it goes on where each app is."


def _carrier(url: str | None) -> Carrier | None:
    if not url:
        return None
    from migrate.cli.fleet_worker import carrier_of

    return carrier_of(url)


def _loop(speech: Speech, workshop: Workshop, fleet: str, teller: Teller, carrier: Carrier | None) -> Loop:
    desk = workshop.desk()
    if carrier is None:
        return Loop(desk, Threads(desk), fleet, teller.look)
    handing = replace(desk, me=BROKER)
    return Loop(handing, Sender(handing, carrier, speech.mention), fleet, teller.look, seconds=SENT_SECONDS)


def _worked_on(speech: Speech, workshop: Workshop, fleet: str, carrier: Carrier | None) -> Result:
    store, teller = workshop.store, Teller(speech, workshop.told or SimpleQueue())
    store.fleets.carry(fleet, carried=carrier is not None)
    try:
        _loop(speech, workshop, fleet, teller, carrier).run()
    except Stopped as stopped:
        teller.drain()
        standing = store.fleets.standing(fleet)
        early = refusal(stopped)
        again = ended(workshop.world, standing)
        why = "Its workers go on; this process only watched." if carrier else _LEFT
        next_ = workshop.world.fleet_command("continue", fleet)
        return replace(early, what=again.what, why=why, state=again.state, next=(next_,))
    standing = store.fleets.standing(fleet)
    teller.drain()
    speech.tell(seen(store, standing, speech.clock))
    return ended(workshop.world, standing)


@dataclass
class Teller:
    """Tells what has changed since the last look, and what the threads have heard."""

    speech: Speech
    told: SimpleQueue[tuple[str, Event]]
    _states: dict[str, tuple[AppState, str]] = field(default_factory=dict)
    _wave: int = 0

    def look(self, standing: Standing, found: Verdict) -> None:
        """Tell what is new."""
        self.drain()
        begins = {member.app: not member.began_at for member in found.starts}
        wave = current_wave(standing)
        if wave > self._wave and begins:
            self._wave = wave
            apps, of = len(standing.of_wave(wave)), len(standing.fleet.waves)
            self.speech.say(f"Wave {wave} of {of}: {apps} of {len(standing.members)} apps.")
        for member in standing.members:
            state = AppState.WORKING if member.app in begins else member.state
            self._change(standing, member, state, new=begins.get(member.app, False))
        if found.stop:
            self.speech.say(f"The fleet is stopped: {found.stop}")

    def drain(self) -> None:
        """Tell programs what happened in each migration."""
        while True:
            try:
                migration, event = self.told.get_nowait()
            except Empty:
                return
            self.speech.pass_on(event, migration)

    def _change(self, standing: Standing, member: Member, state: AppState, *, new: bool) -> None:
        before = self._states.get(member.app)
        self._states[member.app] = (state, member.code)
        if before == (state, member.code) or (before is None and state != AppState.WORKING):
            return
        how = {
            AppState.WORKING: f"{'begins' if new else 'is worked on'} as {member.migration}",
            AppState.WAITING: "waits",
        }.get(state, f"{state}. {member.what}")
        self.speech.tell(FleetAppChanged(standing.fleet.id, member.app, member.wave, str(state), how))
