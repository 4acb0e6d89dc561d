"""Makes one more release of the app where the operator wants one, after each change of what diverts tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from migrate.changes.deploys import BY_VARIABLES, COMMAND, SLUG, deploy, deploying
from migrate.changes.releases import wait_for_dynos, wait_until_released
from migrate.drain.emptiness import note_dynos_up
from migrate.errors import DeployFailed, ReleaseFailed
from migrate.preview import Preview
from migrate.steps.save_topology import go_on_without
from migrate.steps.step import Step
from migrate.workers.quiet import keep_quiet, restore

if TYPE_CHECKING:
    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class Redeploy(Step):
    """One release, of the same slug or by a command of the operator's, while no worker runs a task."""

    name = "redeploy"
    title = "Deploy, now that the variables are set"
    after: ClassVar[str] = "set"

    def belongs(self, migration: Migration) -> bool:
        """Only where the release that the variables make is not enough."""
        return migration.deploy != BY_VARIABLES

    def preview(self, facts: Facts) -> Preview:
        """Return what is deployed."""
        command = facts.deploy.removeprefix(COMMAND).strip()
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"the variables are {self.after} by then",
            intended="one more release, of the slug that is live"
            if facts.deploy == SLUG
            else "the command run in your shell, its release live on every dyno",
            command=f"heroku releases:retry --app {facts.app.name}" if facts.deploy == SLUG else command,
            undo="not needed: the slug is the same" if facts.deploy == SLUG else "by another deploy",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="10 to 60 s" if facts.deploy == SLUG else "as long as the command takes, the workers at rest",
        )

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one deploy."""
        return (deploying(self.name, run.migration.deploy),)

    def do(self, run: Run) -> None:
        """Deploy once and see the release succeed; after one that failed the next process deploys again.

        Raises DeployFailed or ReleaseFailed unless that was accepted by name and nothing is on its way.
        """
        try:
            self._deploy(run)
        except (DeployFailed, ReleaseFailed) as error:
            code = DeployFailed.code
            if run.journal.intent(self.name) is not None:
                raise
            if code not in run.migration.accepted:
                error.choices = (go_on_without(run, code),)
                raise
            restore(run)
            run.note(f"{error.what} {error.why} That was accepted, so it goes on without this deploy.")

    def _deploy(self, run: Run) -> None:
        (effect,) = self.effects(run)
        version = deploy(run, effect)
        try:
            wait_until_released(run, version, keep_quiet(run))
        except ReleaseFailed:
            run.journal.retract(effect.name, happened=True)
            raise

    def verify(self, run: Run) -> None:
        """Wait for the dynos, if a release was made; from then on those of the release before have so long to end."""
        outcome = run.journal.outcome(self.name)
        if outcome is None:
            return
        version = int(outcome["version"])
        wait_for_dynos(run, version)
        note_dynos_up(run, version)

    def stopped(self, run: Run) -> None:
        """Put the consumers back unless a release may be on its way: it would kill what they then take."""
        if run.journal.intent(self.name) is None:
            restore(run)


class RedeployAgain(Redeploy):
    """The same after the release that puts the variables back."""

    name = "redeploy-again"
    title = "Deploy, now that the variables are put back"
    after = "put back"
