"""What code can say of the runbooks: `PYTHONPATH=tests python tests/unit/docs/seen_at_steps.py` writes it there."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from fakes.clock import FakeClock
from fakes.migrations import a_migration
from fakes.store import FakeStore
from markdown_pages import runbook_pages

from migrate.states import STATES
from migrate.store.journal import Journal
from migrate.strategies import STRATEGIES, WAYS_BACK

if TYPE_CHECKING:
    from migrate.steps import Step

NAMES: Final = {
    "app": "APP",
    "plan": "PLAN",
    "old_plan": "OLDPLAN",
    "add_on": "ADDON",
    "beside": "CLOUDAMQP_NEW",
    "spare": "CLOUDAMQP_OLD",
    "variable": "CLOUDAMQP_URL",
    "missing": "CLOUDAMQP_URL",
}
SEEN: Final = "## What you see\n\n"
SAID: Final = "What the `state:` line says at a stop here:\n\n"
BY_OPTION: Final = {"pause", "scale-up", "workers-down", "maintenance-on"}
"""Steps that are in a migration by an option alone, and whose effect the sentences tell."""
OTHER_NAMES: Final = {"add-beside": "add", "remove-old": "remove"}
"""Effects that have not their step's name."""
LASTING: Final = frozenset(
    {"eager-on", "bridge-on", "add", "reattach", "remove", "eager-off", "bridge-off", "change-plan"}
)
"""Effects that sentences are about, and that are in every migration of their strategy."""
TWO_BROKERS: Final = {"side-by-side", "bridge"}
"""Strategies that always scale the workers down."""
WIDTH: Final = 16


def steps_of(page: str) -> list[Step]:
    """The steps that a page is about, one of each title; of the way back those without a page of their own."""
    every = [step for steps in STRATEGIES.values() for step in steps]
    if page == "rollback":
        pages = runbook_pages()
        every = [step for steps in WAYS_BACK for step in steps if step.name not in pages]
    found = {step.title: step for step in every if page in {step.name, "rollback"}}
    return list(found.values())


def seen(page: str) -> str:
    """The lines with which the steps of a page begin."""
    return "".join(f"    {step.name:<{WIDTH}} {step.title}\n" for step in steps_of(page))


@cache
def states(page: str) -> tuple[str, ...]:
    """What a stop in a page's step can say of the app, the strategies one after another."""
    found: dict[str, None] = {}
    for strategy, steps in STRATEGIES.items():
        names = [step.name for step in steps]
        if page in names:
            found.update(dict.fromkeys(_states_in(strategy, names, names.index(page))))
    return tuple(found)


def said(page: str) -> str:
    """The block of these sentences."""
    return "".join(f"    {state}\n" for state in states(page))


def _states_in(strategy: str, names: list[str], at: int) -> list[str]:
    migration = a_migration(strategy=strategy)
    store = FakeStore(FakeClock())
    store.create(migration)
    journal = Journal(store, migration.id, FakeClock())
    for name in names[:at]:
        scaled = name == "workers-down" and strategy in TWO_BROKERS
        if (effect := OTHER_NAMES.get(name, name)) in LASTING or scaled:
            journal.intend(effect, {})
            journal.conclude(effect, {})
        journal.step_done(name)

    def main_sentence() -> str:
        return next(text for holds, text in STATES[strategy] if holds(journal)).format(**NAMES)

    found = [main_sentence()]
    if names[at] == "quiesce":
        journal.take_off({"celery@worker": ["celery"]})
        return [*found, main_sentence()]
    effect = OTHER_NAMES.get(names[at], names[at])
    if names[at] in BY_OPTION or effect in LASTING:
        journal.intend(effect, {})
        found.append(main_sentence())
        journal.conclude(effect, {})
        found.append(main_sentence())
    return found


def written(page: str, text: str) -> str:
    """Given a page and its text, return the text with its generated parts as code says them."""
    text = re.sub(f"(?<={re.escape(SEEN)})(    .*\n)+", seen(page), text)
    return re.sub(f"(?<={re.escape(SAID)})(    .*\n)+", said(page), text)


def main() -> None:
    """Write the pages anew."""
    for name, path in runbook_pages().items():
        path.write_text(written(name, path.read_text()))


if __name__ == "__main__":
    main()
