"""Reads the app again, now that nobody else may migrate it, and compares with what was confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.before_after import see_before
from migrate.brokers.moved import remember
from migrate.brokers.report import Software
from migrate.changes.marks import refuse_foreign_mark
from migrate.errors import WorldChanged
from migrate.migration import EAGER, READ, SPARE, WRITE
from migrate.preview import Preview
from migrate.steps.step import BEGINNINGS, Step
from migrate.workers import workforce
from migrate.workers.quiet import restore

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.run import Run


SURVEY_SECONDS: Final = 30.0
"""So old what was read for the preview may be: what makes no release is looked at again by whoever rests on it."""
_GOOD_FOR_A_BRIDGE: Final = Software(celery=(4, 0), kombu=None)
_OWN_DOING: Final = frozenset({"NAMES_TAKEN", "ANOTHER_MIGRATION", "STRATEGY_IMPOSSIBLE"})


class Preflight(Step):
    """GETs only."""

    name = "preflight"
    title = "Read the app and check it"
    proves = BEGINNINGS

    def preview(self, facts: Facts) -> Preview:
        """Return what is read."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{facts.add_on.name} on {facts.add_on.plan}, release v{facts.releases[0].version}",
            intended="the same a second time, under the lock; stops if anything differs from this preview",
            command=f"heroku addons --app {facts.app.name} && heroku ps --app {facts.app.name}",
            undo="nothing to undo",
            restarts="",
            duration="3 s",
        )

    def do(self, run: Run) -> None:
        """Survey the app; raises WorldChanged when it is not as it was confirmed.

        A process that was killed at the next step left workers off their queues: first they are put back.
        """
        # Forty checks and what they know: nobody who only names or previews the first step needs them.
        from migrate.preflight import blocking, findings  # noqa: PLC0415

        restore(run)
        # Before anybody's workers are touched.
        refuse_foreign_mark(run)
        migration = run.migration
        facts = _as_shown(run) or _read(run)
        if differences := _differences(run, facts):
            raise _changed(run, " ".join(differences))
        decided = facts.decided(migration)
        if run.journal.failures("bridge-on"):
            # What a release of our own left behind that failed is no copy of somebody's.
            decided = replace(decided, copies=tuple(c for c in facts.copies if c.variable not in {READ, WRITE}))
        if workforce.are_down(run.journal):
            # No worker is there to say what it runs. It did before they went.
            decided = replace(decided, broker=replace(decided.broker, software=(_GOOD_FOR_A_BRIDGE,)))
        found = blocking(findings(decided), migration.accepted, migration.answered)
        if workforce.are_down(run.journal):
            # By this migration, at a process before this one: who drains comes later.
            found = tuple(item for item in found if item.code not in {"NO_CONSUMER", "NO_WORKER_DYNOS"})
        if run.journal.intent("add") is not None or _is_spared(run):
            # Its names are this migration's own, and no worker is there to say what it runs.
            found = tuple(item for item in found if item.code not in _OWN_DOING)
        if found:
            raise _changed(run, " ".join(item.what for item in found))
        remember(run.journal, facts.broker)
        see_before(run, facts)


def _as_shown(run: Run) -> Facts | None:
    """Return what the preview was made of where it was read a moment ago and is true still, now under the lock.

    Each change of attachments, variables and code makes a release: the same ones are the same app. Whether a change
    of the plan makes one is not documented. https://devcenter.heroku.com/articles/releases
    """
    seen = run.surveyed
    if seen is None or run.clock.monotonic() - seen.at > SURVEY_SECONDS:
        return None
    add_on, releases = run.heroku.add_on(run.app, run.migration.add_on_id), run.heroku.releases(run.app)
    return seen.facts if (add_on, releases) == (seen.facts.add_on, seen.facts.releases) else None


def _read(run: Run) -> Facts:
    from migrate.survey import survey  # noqa: PLC0415 -- likewise

    migration = run.migration
    add_on = run.heroku.add_on(run.app, migration.add_on_id)
    if add_on is None:
        raise _changed(run, f"The add-on {migration.add_on} is gone.")
    return survey(run.heroku, run.brokers, run.app, add_on, migration.to_plan, sorting=migration.sorting)


def _is_spared(run: Run) -> bool:
    """Whether the old add-on may have the name that this migration gives it, which comes before the diversion."""
    return run.journal.intent(SPARE) is not None or run.journal.failures(SPARE) > 0


def _differences(run: Run, facts: Facts) -> list[str]:
    migration = run.migration
    names = [name for name in facts.own_attachments if not (_is_spared(run) and name == migration.spare)]
    pairs = {
        "plan": (migration.from_plan, facts.add_on.plan),
        "attachments": (", ".join(migration.attachments), ", ".join(names)),
    }
    # Our own mark beside it: the variable is what a failed release of ours left for the next one.
    if not (facts.marker or "").startswith(migration.id):
        pairs[EAGER] = (migration.eager_before or "not set", facts.eager or "not set")
    return [f"{what}: it was {was}, and is {now}." for what, (was, now) in pairs.items() if was != now]


def _changed(run: Run, what: str) -> WorldChanged:
    return WorldChanged(
        "The app is not as it was when the migration was confirmed.",
        why=what,
        next=f"migrate-plan --to {run.migration.to_plan} --app {run.app} --dry-run",
    )
