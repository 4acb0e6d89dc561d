"""Merges the old add-on's alarms into the new one's; what cannot be done is said, with where to do it by hand."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from migrate.alarms.merging import merged, missing_recipients, same_recipients
from migrate.alarms.shapes import Alarms, AlarmsUnusable
from migrate.brokers.plan_pairs import SHARED, kind_of_plan
from migrate.preview import Preview
from migrate.steps.save_alarms import NOTE
from migrate.steps.step import Step
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.clients.cloudamqp_instance import Instance
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.run import Run


class CopyAlarms(Step):
    """When the app works again: nothing of the migration waits for it, and nothing of it fails a migration."""

    name = "copy-alarms"
    title = "Merge them into the new add-on's alarms"

    def belongs(self, migration: Migration) -> bool:
        """Only where that was asked for."""
        return migration.copy_alarms

    def preview(self, facts: Facts) -> Preview:
        """Return what is merged."""
        return Preview(
            step=self.name,
            title=self.title,
            observed="the alarms that every new add-on comes with",
            intended="these, set as the old ones were, and the others beside them; what cannot be copied is listed",
            command=f"heroku addons:open {facts.own_attachments[0]} --app {facts.app.name}    (then Alarms)",
            undo="nothing to undo",
            restarts="",
            duration="2 s",
        )

    def do(self, run: Run) -> None:
        """Merge, or say what is left to be done by hand."""
        old = _known(run)
        if old is None:
            run.note(f"The old add-on's alarms are not known, so none was copied. {_where(run)}")
            return
        done, left = list[str](), list[str]()
        try:
            with closing(run.new_instance()) as instance:
                _merge(run, instance, old, done, left)
        except AlarmsUnusable as error:
            left.append(f"the rest ({error}), of {listed([old.told(alarm) for alarm in old.alarms])}")
        run.note(f"Set on the new add-on: {listed(done) or 'nothing, for all is there'}.")
        if left:
            run.note(f"To be done by hand: {'; '.join(left)}. {_where(run)}")


def _merge(run: Run, instance: Instance, old: Alarms, done: list[str], left: list[str]) -> None:
    old = old.of_vhost(*_vhosts(run))
    new = instance.read()
    for recipient in missing_recipients(old, new):
        if recipient.is_whole:
            instance.add_recipient(recipient)
            done.append(f"recipient {recipient}")
        else:
            left.append(f"recipient {recipient}, whose key is not known any more")
    # Read again: their numbers are those that the new add-on itself tells.
    new = instance.read()
    shared = kind_of_plan(run.migration.to_plan) in SHARED
    plan = merged(old, new, same_recipients(old, new), shared=shared)
    left += plan.by_hand
    for alarm in plan.change:
        instance.change_alarm(alarm)
        done.append(str(alarm))
    for alarm in plan.add:
        instance.add_alarm(alarm)
        done.append(str(alarm))


def _known(run: Run) -> Alarms | None:
    if run.old_alarms is not None:
        return run.old_alarms
    noted = run.journal.noted(NOTE)
    return Alarms.from_json(noted) if noted else None


def _vhosts(run: Run) -> tuple[str, str]:
    noted = run.journal.noted(NOTE) or {}
    new = run.new_broker().address.vhost
    return noted.get("vhost", new), new


def _where(run: Run) -> str:
    return f"heroku addons --app {run.app}, and heroku addons:open with the new add-on's name    (Alarms)"
