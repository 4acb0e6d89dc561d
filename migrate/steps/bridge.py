"""Divides what the app publishes to from what its workers read, by two variables that Celery itself takes.

https://github.com/celery/celery/blob/v5.5.0/celery/app/utils.py: CELERY_BROKER_READ_URL and CELERY_BROKER_WRITE_URL
stand above every setting, since 4.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.changes.marks import mark
from migrate.changes.new_add_on import require_beside
from migrate.drain.emptiness import prove_again
from migrate.migration import MARKER, READ, WRITE, url_variable
from migrate.preview import Preview
from migrate.steps.diverting import Diverting
from migrate.steps.ending import Ending, EndingBack
from migrate.steps.quiet_release import QuietRelease, copies_to_rewrite, followed
from migrate.workers.workers_behind import point_out_scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class BridgeOn(Diverting):
    """One release: publishers go to the new broker, workers are held to the old one whatever its names lead to."""

    name = "bridge-on"
    title = "Publish to the new broker, while the workers read the old one"

    def preview(self, facts: Facts) -> Preview:
        """Return the variables that are set."""
        phase = " after the release command" if facts.has_release_phase else ""
        app = facts.app.name
        old, new = url_variable(facts.own_attachments[0]), url_variable(facts.beside)
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{READ} and {WRITE} are not set",
            intended=f"{WRITE} = {new}, {READ} = {old}, {MARKER}=..., live on every dyno; what is published from "
            "then on waits in the new broker until bridge-off",
            command=f"heroku config:set {WRITE}={_value_of(new, app)} {READ}={_value_of(old, app)} --app {app}",
            undo=f"heroku config:unset {WRITE} {READ} {MARKER}    (what is on the new broker is carried back)",
            restarts=f"all {facts.restarted_dynos} dynos, once{phase}",
            duration="10 to 60 s",
        )

    def variables(self, run: Run) -> dict[str, str | None]:
        """Return the mark."""
        return {MARKER: mark(run.migration, run.who, run.clock.now())}

    def references(self, run: Run) -> Mapping[str, str]:
        """Return where both brokers' URLs are."""
        return {WRITE: url_variable(run.migration.beside), READ: run.migration.variable}


class BridgeOff(Ending):
    """One release: everybody follows the app's own name, which leads to the new add-on by then."""

    name = "bridge-off"
    title = "Let the workers read the new broker"

    def preview(self, facts: Facts) -> Preview:
        """Return the variables that are taken away."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{WRITE} and {READ} are set by then; the old broker is empty",
            intended=f"looked at once more; then {WRITE}, {READ} and {MARKER} not set{followed(facts)}, live on "
            "every dyno: the workers take what has waited in the new broker",
            command=f"heroku config:unset {WRITE} {READ} {MARKER} --app {facts.app.name}",
            undo="the way back: rollback",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="10 to 60 s",
        )

    def variables(self, run: Run) -> dict[str, str | None]:  # noqa: ARG002 -- the same for every run
        """Return what is taken away."""
        return {WRITE: None, READ: None, MARKER: None}

    def copies(self, run: Run) -> Mapping[str, Any]:
        """Return the copies of the old broker's address, and where that and the new one are found."""
        return copies_to_rewrite(run, since="bridge-on")

    def do(self, run: Run) -> None:
        """Prove the old broker empty once more, and take the variables away."""
        require_beside(run)
        point_out_scheme(run, since="bridge-on")
        if run.journal.outcome(self.name) is None:
            prove_again(run)
        super().do(run)


class BridgeBack(EndingBack, BridgeOff):
    """On the way back: the names lead to the old add-on by then, so everybody follows them there."""

    name = "bridge-back"
    title = "Let everybody publish to the old broker again"
    begun = "bridge-on"
    ended = "bridge-off"

    def belongs(self, migration: Migration) -> bool:
        """Where there was a bridge."""
        return not migration.is_eager

    def do(self, run: Run) -> None:
        """Take the variables away; no broker need be empty for that."""
        QuietRelease.do(self, run)


def _value_of(variable: str, app: str) -> str:
    return f'"$(heroku config:get {variable} --app {app})"'
