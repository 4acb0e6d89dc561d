"""What a shell offers behind an option: names that fit, in time or not at all, and never a word beside them.

Every function takes the context, of which a shell's half-typed line has been parsed, and what is typed of the word.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import typer  # noqa: TC002 -- Typer reads the annotations when it runs

if TYPE_CHECKING:
    from collections.abc import Iterable

Pair = tuple[str, str]
_PLAIN: Final = re.compile(r"[A-Za-z0-9._=-]+")
"""Shells evaluate what they are offered, so that nothing else is."""
_UNSAFE: Final = re.compile(r"[^\w .,;/+-]")
STRATEGY_NAMES: Final = ("documented", "side-by-side", "bridge", "in-place")
"""As in strategies.py, whose import takes longer than a person should wait for a Tab."""
_GOES_ON: Final = frozenset({"resume", "continue", "finish", "rollback", "abandon", "unlock"})
"""Commands about migrations that have not ended."""


def apps(context: typer.Context, incomplete: str) -> list[Pair]:
    """Return the account's apps, and those that the store has migrated."""
    from migrate.cli import live_values

    known = live_values.in_time(lambda: [(seen.app, "in the store") for seen in _seen(context)])
    return _fitting([*live_values.apps(), *known], incomplete)


def add_ons(context: typer.Context, incomplete: str) -> list[Pair]:
    """Return the app's CloudAMQP add-ons, with their plans."""
    from migrate.cli import live_values

    return _fitting(live_values.add_ons(_app(context)), incomplete)


def plans(context: typer.Context, incomplete: str) -> list[Pair]:  # noqa: ARG001 -- as Typer calls it
    """Return CloudAMQP's plans, with prices."""
    from migrate.cli import live_values

    return _fitting(live_values.plans(), incomplete)


def process_types(context: typer.Context, incomplete: str) -> list[Pair]:
    """Return the app's process types, with how many dynos there are."""
    from migrate.cli import live_values

    return _fitting(live_values.process_types(_app(context)), incomplete)


def quantities(context: typer.Context, incomplete: str) -> list[Pair]:
    """Return the app's process types, each with one dyno."""
    return [(f"{name}=1", words) for name, words in process_types(context, incomplete.partition("=")[0])]


def migrations(context: typer.Context, incomplete: str) -> list[Pair]:
    """Return the store's migrations, newest first; for commands that go on, those that have not ended."""
    from migrate.cli import live_values

    def known() -> list[Pair]:
        from migrate.store.records import OPEN

        seen = [item for item in _seen(context) if context.info_name not in _GOES_ON or item.state in OPEN]
        return [(item.id, f"{item.app}, {item.state}") for item in seen]

    return _fitting(live_values.in_time(known), incomplete)


def strategies(context: typer.Context, incomplete: str) -> list[Pair]:  # noqa: ARG001 -- as Typer calls it
    """Return the strategies."""
    return _fitting(((name, "") for name in STRATEGY_NAMES), incomplete)


def leftovers(context: typer.Context, incomplete: str) -> list[Pair]:  # noqa: ARG001 -- as Typer calls it
    """Return what may become of what does not drain."""
    return _fitting(((name, "") for name in ("wait", "carry", "dump", "discard")), incomplete)


def steps(context: typer.Context, incomplete: str) -> list[Pair]:  # noqa: ARG001 -- as Typer calls it
    """Return the steps of all strategies, with what they do."""
    from migrate import handbook

    return _fitting(((topic.name, topic.sentence) for topic in handbook.step_pages()), incomplete)


def topics(context: typer.Context, incomplete: str) -> list[Pair]:  # noqa: ARG001 -- as Typer calls it
    """Return everything that `runbook` shows; a code in whichever case it is begun."""
    from migrate import handbook

    word = incomplete.upper() if incomplete.upper() != incomplete and _is_code(incomplete) else incomplete
    found = ((topic.name, topic.sentence) for topic in handbook.topics().values())
    if word == incomplete:
        return _fitting(found, incomplete)
    # A shell replaces nothing that is typed: what is offered must begin as it does.
    return [(name.lower(), words) for name, words in _fitting(found, word)]


def findings(context: typer.Context, incomplete: str) -> list[Pair]:  # noqa: ARG001 -- as Typer calls it
    """Return the codes that can be accepted."""
    from migrate import handbook

    asked = (topic for topic in handbook.codes() if "--accept " in topic.text or "\n\nAsk." in topic.text)
    return _fitting(((topic.name, topic.sentence) for topic in asked), incomplete)


def _is_code(incomplete: str) -> bool:
    from migrate import handbook

    steps = [name for name, topic in handbook.topics().items() if not topic.is_code]
    return not any(name.startswith(incomplete) for name in steps)


def _fitting(found: Iterable[Pair], incomplete: str) -> list[Pair]:
    fitting = {name: words for name, words in found if name.startswith(incomplete) and _PLAIN.fullmatch(name)}
    return [(name, " ".join(_UNSAFE.sub(" ", words).split())) for name, words in fitting.items()]


def _app(context: typer.Context) -> str:
    from migrate.clients.git import app_of_remote

    return str(context.params.get("app") or app_of_remote() or "")


def _seen(context: typer.Context) -> tuple[Any, ...]:
    import os

    from migrate.store.glance import glance
    from migrate.store.place import default_url

    return glance(context.params.get("store") or _store_of_file() or default_url(os.environ))


def _store_of_file() -> str | None:
    from migrate.cli import config_file
    from migrate.errors import MigrateError

    with suppress(MigrateError):
        return config_file.settings(None, {"store": None}, {"store"}, new=False).values.get("store")
    return None
