"""On the way back: lets rewritten copies lead to the old broker again, before the new one is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.changes.releases import current_version
from migrate.drain.emptiness import note_dynos_up
from migrate.migration import url_variable
from migrate.preview import Preview
from migrate.steps.quiet_release import QuietRelease

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.changes.effects import Effect
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run

_REWROTE = ("eager-off", "bridge-off")


class CopiesBack(QuietRelease):
    """One release, where one has rewritten them or may have; nothing where they lead to the old broker still."""

    name = "copies-back"
    title = "Let pasted copies lead to the old broker again"

    def belongs(self, migration: Migration) -> bool:
        """Only where copies are rewritten."""
        return bool(migration.copies)

    def preview(self, facts: Facts) -> Preview:
        """Return which variables are rewritten."""
        return Preview(
            step=self.name,
            title=self.title,
            observed=f"{', '.join(facts.rewritten)} may lead to the new broker",
            intended="they lead to the old one",
            command=" && ".join(f"heroku config:edit {name} --app {facts.app.name}" for name in facts.rewritten),
            undo="nothing to undo",
            restarts=f"all {facts.restarted_dynos} dynos, once",
            duration="nothing, or 10 to 60 s",
        )

    def variables(self, run: Run) -> dict[str, str | None]:  # noqa: ARG002 -- the same for every run
        """Return nothing beside the copies."""
        return {}

    def copies(self, run: Run) -> Mapping[str, Any]:
        """Return the copies; the release that has rewritten them knows the new add-on's address, gone or not."""
        made = next(filter(None, map(run.journal.outcome, _REWROTE)), None)
        return {
            "names": list(run.migration.copies),
            "variable": run.migration.variable,
            "release": current_version(run) if made is None else int(made["version"]),
            "source": url_variable(run.migration.beside),
        }

    def effects(self, run: Run) -> tuple[Effect, ...]:
        """Return the one PATCH, where a release has rewritten them, or one that failed may have."""
        journal = run.journal
        rewrote = any(journal.outcome(name) is not None or journal.failures(name) for name in _REWROTE)
        return super().effects(run) if rewrote else ()

    def verify(self, run: Run) -> None:
        """Wait for the dynos of the release, where there was one to make."""
        if self.effects(run):
            super().verify(run)
            # Until they end the old ones publish by copies that lead to the new broker.
            note_dynos_up(run, self.version(run))
