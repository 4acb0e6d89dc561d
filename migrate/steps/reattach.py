"""Moves the app's names from one add-on to the other, each in two releases, and says what the live one has."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from migrate.changes.attaching import attachment
from migrate.changes.diversion import leading_to
from migrate.changes.effects import perform
from migrate.changes.marks import refuse_foreign_mark
from migrate.changes.moving import effect_of, failures_of, note_failures
from migrate.changes.new_add_on import require_beside
from migrate.changes.releases import current_version, wait_for_dynos, wait_until_settled
from migrate.drain.emptiness import note_dynos_up, prove_at_rest
from migrate.errors import NameNotMoved
from migrate.migration import url_variable
from migrate.preview import Preview
from migrate.states.two_brokers import RUNNING
from migrate.steps.add import created
from migrate.steps.step import Step
from migrate.waits import Waiting
from migrate.workers.quiet import keep_quiet, restore

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.run import Run


_RELEASES: Final = 2
"""Of one move: Detach and Attach. Between the two nothing is pending, and the name is in no live release."""


class Moving(Step):
    """One POST a name. Detach and Attach are releases of their own, each with its own release command.

    https://github.com/heroku/heroku-pg/pull/181
    """

    source: ClassVar[str]
    """The add-on that the names come from: ``old`` or ``new``."""

    @abstractmethod
    def goal(self, run: Run) -> tuple[str, str]:
        """Return the add-on that the names go to, and the variable that has its URL already."""

    @abstractmethod
    def guard(self, run: Run, name: str) -> None:
        """Run before the call for a name."""

    def diverts(self, run: Run) -> bool:
        """Whether what is published follows the names: not as long as a bridge leads past them."""
        return run.migration.is_eager or run.journal.outcome("bridge-off") is not None

    def names(self, run: Run) -> tuple[str, ...]:
        """Return the names that are to be moved."""
        return run.migration.attachments

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the POST for each name, and where its releases failed the one that tries again."""
        return tuple(
            self._moving(run, name, attempt)
            for name in self.names(run)
            for attempt in range(failures_of(run.journal, self.name, name) + 1)
        )

    def do(self, run: Run) -> None:
        """Move one name after the other, and see each live before the next."""
        for name in self.names(run):
            attempt = failures_of(run.journal, self.name, name)
            if attempt and self._is_moved(run, name):
                continue  # a later release has brought it
            perform(run, self._moving(run, name, attempt))
            self._see_moved(run, name)

    def verify(self, run: Run) -> None:
        """Wait for the dynos; the workers among them are not those that an older proof asked."""
        version = current_version(run)
        wait_for_dynos(run, version)
        if self.diverts(run):
            # From now on the old ones, which publish where the names led before, have so long to end.
            note_dynos_up(run, version)
        run.proof = None

    def _moving(self, run: Run, name: str, attempt: int) -> Effect:
        def guard(run: Run) -> None:
            wait_until_settled(run)
            refuse_foreign_mark(run)
            self.guard(run, name)

        effect = effect_of(run.migration, self.name, name, attempt)
        return attachment(effect, name, lambda run: self.goal(run)[0], guard, replace=True)

    def _is_moved(self, run: Run, name: str) -> bool:
        wait_until_settled(run, keep_quiet(run))
        return name in leading_to(run, self.goal(run)[1])

    def _see_moved(self, run: Run, name: str) -> None:
        def look() -> bool | Waiting:
            if self._is_moved(run, name):
                return True
            if self._are_both_made(run, name):
                raise self._in_vain(run, name)
            return Waiting(f"the release that attaches {name} is not to be seen yet")

        run.waiter.until(look, run.limits.settle, expired=lambda _last: self._in_vain(run, name))
        run.journal.note(RUNNING, {})

    def _are_both_made(self, run: Run, name: str) -> bool:
        effect = effect_of(run.migration, self.name, name, failures_of(run.journal, self.name, name))
        before = int((run.journal.intent(effect) or {"version": 0})["version"])
        return sum(item.version > before for item in run.heroku.releases(run.app)) >= _RELEASES

    def _in_vain(self, run: Run, name: str) -> NameNotMoved:
        """Write down what the live release has under a name that was not moved; return what says so."""
        held, failures = _held(run, name), failures_of(run.journal, self.name, name)
        run.journal.note(RUNNING, {"name": name, "held": held})
        if held == self.source:
            # It has come to nothing, and nothing may rest on it: not that the broker is left, nor its emptiness.
            for attempt in range(failures + 1):
                run.journal.retract(effect_of(run.migration, self.name, name, attempt), happened=True)
        note_failures(run.journal, self.name, name, 0 if held == self.source else failures + 1)
        return _not_moved(run, name, held)

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless the first name is moved, or may be: its releases restart all workers."""
        if run.journal.intent(self.name) is None:
            restore(run)


class Reattach(Moving):
    """From the old add-on to the new one."""

    name = "reattach"
    title = "Move the app's names to the new add-on"
    source = "old"

    def preview(self, facts: Facts) -> Preview:
        """Return the names."""
        names = ", ".join(facts.own_attachments)
        count, lead = 2 * len(facts.own_attachments), "leads" if len(facts.own_attachments) == 1 else "lead"
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{names} {lead} to {facts.add_on.name}",
            intended=f"{names} {lead} to the new add-on; each is detached and attached, and seen in the live release",
            command=" && ".join(
                f"heroku addons:attach {facts.beside} --as {name} --app {facts.app.name} --confirm {facts.app.name}"
                for name in facts.own_attachments
            ),
            undo="the same with the old add-on",
            restarts=f"all {facts.restarted_dynos} dynos, {count} times (Detach, Attach)",
            duration="20 to 120 s a name",
        )

    def goal(self, run: Run) -> tuple[str, str]:
        """Return the new add-on."""
        return str(created(run)["add_on"]), url_variable(run.migration.beside)

    def guard(self, run: Run, name: str) -> None:
        """Prove the old broker empty once more, as long as the workers read it, and while they rest."""
        require_beside(run)
        if name == run.migration.attachments[0] and not failures_of(run.journal, self.name, name):
            prove_at_rest(run)


class ReattachBack(Moving):
    """On the way back from the new add-on to the old one."""

    name = "reattach-back"
    title = "Move the app's names back to the old add-on"
    source = "new"

    def preview(self, facts: Facts) -> Preview:
        """Return the names."""
        names = ", ".join(facts.own_attachments)
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{names}, as far as they were moved",
            intended=f"all of them on {facts.add_on.name} again",
            command=f"heroku addons:attach {facts.add_on.name} --as NAME --app {facts.app.name} --confirm APP",
            undo="nothing to undo",
            restarts=f"all {facts.restarted_dynos} dynos, twice a name",
            duration="20 to 120 s a name",
        )

    def names(self, run: Run) -> tuple[str, ...]:
        """Return the names that were moved, or may have been."""
        forward = {name: effect_of(run.migration, Reattach.name, name) for name in run.migration.attachments}
        journal = run.journal
        return tuple(
            name for name, effect in forward.items() if journal.intent(effect) is not None or journal.failures(effect)
        )

    def goal(self, run: Run) -> tuple[str, str]:
        """Return the old add-on."""
        return run.migration.add_on, url_variable(run.migration.spare)

    def guard(self, run: Run, name: str) -> None:
        """Nothing more: the worker dynos are at 0."""


def _held(run: Run, name: str) -> str:
    for held, variable in (("old", url_variable(run.migration.spare)), ("new", url_variable(run.migration.beside))):
        if name in leading_to(run, variable):
            return held
    return "nothing"


_HELD: Final = {
    "old": "has the old add-on under it, on {old}",
    "new": "has the new add-on under it, on {new}",
    "nothing": "has nothing under it, so that whatever needs the broker fails",
}


def _not_moved(run: Run, name: str, held: str) -> NameNotMoved:
    version = current_version(run)
    failed = [item for item in run.heroku.releases(run.app) if item.version > version and item.status != "succeeded"]
    has = _HELD[held].format(old=run.migration.from_plan, new=run.migration.to_plan)
    why = "; ".join(f"release v{item.version} ({item.description}) {item.status}" for item in failed)
    return NameNotMoved(
        f"{name} was not moved: the running release v{version} {has}.",
        why=f"Detach and Attach are releases of their own, and {why or 'neither brought the variable'}. "
        "Both add-ons are there, with everything in them.",
        next=f"heroku releases:output v{failed[0].version if failed else version} --app {run.app}",
    )
