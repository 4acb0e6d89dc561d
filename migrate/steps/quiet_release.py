"""The shape of both steps that set variables: one release that restarts workers at rest."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from migrate.changes import wanted_variables
from migrate.changes.effects import Effect, perform
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.releases import (
    newest_version,
    release_with,
    wait_for_dynos,
    wait_until_released,
    wait_until_settled,
)
from migrate.errors import AppUnknown, ReleaseFailed, WorldChanged
from migrate.steps.step import Step
from migrate.wording import listed
from migrate.workers.quiet import keep_quiet, quiesce, restore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.changes.releases import DynosLive
    from migrate.facts import Facts
    from migrate.run import Run

    Body = Mapping[str, Any]


class QuietRelease(Step):
    """Changes variables in one PATCH, and with it makes one release, while no worker runs a task."""

    @abstractmethod
    def variables(self, run: Run) -> dict[str, str | None]:
        """Return what to set, and to None what to unset."""

    def references(self, run: Run) -> Mapping[str, str]:  # noqa: ARG002 -- most releases set no secret
        """Return the variables to set to the value of another one, and that one's name."""
        return {}

    def copies(self, run: Run) -> Body:  # noqa: ARG002 -- most releases rewrite none
        """Return which copies of the old address become the new one: see migrate/changes/wanted_variables.py."""
        return {}

    def effects(self, run: Run) -> tuple[Effect, ...]:  # noqa: ARG002 -- the same for every run
        """Return the one PATCH."""
        return (release_effect(self.name, self.variables, self.references, self.copies),)

    def do(self, run: Run) -> None:
        """Make each release and see it succeed before the next; a failed one leaves the old dynos as they are."""
        for effect in self.effects(run):
            version = int(perform(run, effect)["version"])
            try:
                wait_until_released(run, version, keep_quiet(run))
            except ReleaseFailed:
                run.journal.retract(effect.name, happened=True)
                raise

    def verify(self, run: Run) -> None:
        """Note that the release is live, and wait for its dynos."""
        version = self.version(run)
        run.journal.note(live(self.name), {"version": version})
        self.see(run, wait_for_dynos(run, version))

    def see(self, run: Run, live: DynosLive) -> None:
        """Do what follows once the dynos are up on the release."""

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless a release is on its way: it would kill what they then take."""
        if run.journal.intent(self.name) is None:
            restore(run)

    def version(self, run: Run) -> int:
        """Return the version of the release that this step made."""
        outcome = run.journal.outcome(self.name) or {}
        return int(outcome["version"])


def release_effect(
    name: str,
    variables: Callable[[Run], Mapping[str, str | None]],
    references: Callable[[Run], Mapping[str, str]] = lambda _run: {},
    copies: Callable[[Run], Body] = lambda _run: {},
) -> Effect:
    """Given a name and what to set, return the PATCH that makes a release while the workers are at rest.

    ``references`` names variables that get the value of another one, ``copies`` those in which an address is
    rewritten: what is secret is not written down. Making it raises WorldChanged where one that is looked up is gone.
    """
    change = _Change(variables, references, copies)
    return Effect(name, change.before, change.send, _find, change.guard, _look_at)


def copies_to_rewrite(run: Run, *, since: str) -> Body:
    """Given the step whose release still led to the old broker, return which copies an intent rewrites."""
    released = run.journal.outcome(since)
    if not run.migration.copies or released is None:
        return {}
    return {
        "names": list(run.migration.copies),
        "variable": run.migration.variable,
        "release": int(released["version"]),
        "source": run.migration.variable,
    }


def followed(facts: Facts) -> str:
    """Given the facts, say which variables a release rewrites, as the end of a list; empty for none."""
    return f", {', '.join(facts.rewritten)} rewritten to the new broker" if facts.rewritten else ""


def live(effect: str) -> str:
    """Return the name of the note of when an effect's release was live."""
    return f"live:{effect}"


@dataclass
class _Change:
    variables: Callable[[Run], Mapping[str, str | None]]
    references: Callable[[Run], Mapping[str, str]]
    copies: Callable[[Run], Body]
    present: Mapping[str, str] = field(default_factory=dict)
    """The app's variables as the last guard has read them: nothing is read between it and the call."""
    old_url: str | None = None
    """The old broker's URL, read likewise."""

    def before(self, run: Run) -> Body:
        variables, looked_up = self.variables(run), self._looked_up(run)
        # Where copies are all there is, the newest release may have nothing left to be rewritten.
        fits_already = not variables and "references" not in looked_up
        return {"version": newest_version(run) - fits_already, "variables": variables, **looked_up}

    def guard(self, run: Run) -> None:
        wait_until_settled(run)
        refuse_foreign_mark(run)
        # Time has passed since the step before; workers at rest answer at once.
        quiesce(run)
        if looked_up := self._looked_up(run):
            self.present, self.old_url = run.heroku.config_vars(run.app), _old_url(run, looked_up)
            _refuse_missing(run, wanted_variables.missing(looked_up, self.present))
            unknown = wanted_variables.undecided(looked_up, self.present, self.old_url)
            _refuse_undecided(run, unknown, looked_up)
            # Those reads may have waited for Heroku.
            quiesce(run)

    def send(self, run: Run, intent: Body) -> None:
        if changes := wanted_variables.changes(intent, self.present, self.old_url):
            run.heroku.patch_config_vars(run.app, changes)

    def _looked_up(self, run: Run) -> Body:
        found = {"references": self.references(run), "copies": self.copies(run)}
        return {name: wanted for name, wanted in found.items() if wanted}


def _old_url(run: Run, intent: Body) -> str | None:
    """Return the old broker's URL; None where no copy needs it, or Heroku does not know that release any more."""
    copies = intent.get("copies")
    if not copies:
        return None
    try:
        return run.heroku.release_config_vars(run.app, copies["release"]).get(copies["source"])
    except AppUnknown:
        return None


def _refuse_missing(run: Run, missing: tuple[str, ...]) -> None:
    if missing:
        raise WorldChanged(
            f"The app has no {listed(missing)}.",
            why="The next release was to take its value from there. Nothing was sent.",
            next=f"heroku addons --app {run.app}",
        )


def _refuse_undecided(run: Run, names: tuple[str, ...], wanted: Body) -> None:
    if names:
        edits = [f"heroku config:edit {name} --app {run.app}" for name in names]
        raise WorldChanged(
            f"What {listed(names)} should be is not known.",
            why=f"The copy of the other broker's address was to become that in {wanted['copies']['variable']}, and "
            "no release tells the other one any more. Nothing was sent.",
            next=f"{' && '.join(edits)}    (let it lead where that leads, or take it away; then go on)",
        )


def _find(run: Run, intent: Body) -> Body | None:
    wanted = partial(wanted_variables.hold, intent, old_url=_old_url(run, intent))
    release = release_with(run, intent["version"], wanted)
    return {"version": release.version} if release else None


def _look_at(run: Run, intent: Body) -> str:
    names = ", ".join(wanted_variables.names(intent))
    return f"heroku releases --app {run.app}    (does one after v{intent['version']} name {names}?)"
