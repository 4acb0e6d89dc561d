"""A preview in a file, with what it rests on, so that later exactly that is done, once: pure functions over text."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, to_builtins

import migrate
from migrate.as_typed import as_typed
from migrate.brokers.queues import Sorting
from migrate.errors import PreviewStale, PreviewUnusable
from migrate.migration import Choices
from migrate.planning import fingerprint
from migrate.planning.opening import applied
from migrate.secrets import redact_json
from migrate.strategies import planned
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.commands import Command
    from migrate.events import Previewed
    from migrate.facts import Facts
    from migrate.migration import Migration
    from migrate.planning.fingerprint import Change
    from migrate.store.store import Store

VERSION: Final = 1
TYPE: Final = "migrate-plan preview"
_FIELDS: Final = frozenset(
    [
        "v",
        "type",
        "id",
        "made",
        "app",
        "add_on_id",
        "to_plan",
        "choices",
        "steps",
        "facts",
        "decided",
        "preview",
        "digest",
    ]
)
_NAMED: Final = 5


class SavedPreview(Struct, frozen=True):
    """What a file says is to be done, and what it was decided from."""

    id: str
    """Of the migration that it becomes: a store that knows it has seen it applied."""
    app: str
    add_on_id: str
    to_plan: str
    choices: Choices
    steps: tuple[str, ...]
    facts: Mapping[str, Any]
    decided: Mapping[str, Any]

    @property
    def anew(self) -> str:
        """The command that saves a new one."""
        return f"{as_typed(self.choices, self.app, self.to_plan)} --dry-run --output FILE"


def as_text(
    facts: Facts, migration: Migration, choices: Choices, previewed: Previewed, made: Mapping[str, str]
) -> str:
    """Given a preview, all that it was made from, and by whom when, return the text of its file; without secrets."""
    body = {
        "v": VERSION,
        "type": TYPE,
        "id": migration.id,
        "made": {**made, "with": migrate.__version__},
        "app": migration.app,
        "add_on_id": migration.add_on_id,
        "to_plan": migration.to_plan,
        "choices": to_builtins(choices),
        "steps": [step.name for step in planned(migration)],
        "facts": fingerprint.fingerprint(facts),
        "decided": fingerprint.decided(migration),
        "preview": to_builtins(previewed),
    }
    plain = json.loads(json.dumps(redact_json(body)))
    return json.dumps({**plain, "digest": _digest(plain)}, indent=2) + "\n"


def parse(text: str, name: str) -> SavedPreview:
    """Given the text of a file and its name, return what it says; raises PreviewUnusable."""
    try:
        body = json.loads(text)
    except ValueError:
        raise _unusable(name, "It is not JSON.") from None
    if not isinstance(body, dict) or body.get("type") != TYPE:
        raise _unusable(name, "It is not a preview that --dry-run --output saved.")
    if body.get("v") != VERSION:
        raise _unusable(name, f"Its format is {body.get('v')!r}, and this version of migrate-plan knows {VERSION}.")
    if body.get("digest") != _digest({key: value for key, value in body.items() if key != "digest"}):
        raise _unusable(name, "It was changed since it was saved: its digest does not fit.")
    try:
        return _preview(body)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unusable(name, "Something in it is not as this version of migrate-plan writes it.") from None


def refuse_applied(saved: SavedPreview, store: Store, command: Command) -> None:
    """Raise PreviewApplied where the store knows the migration that the preview became."""
    if (record := store.find(saved.id)) is not None:
        raise applied(record, command)


def refuse_other_facts(saved: SavedPreview, facts: Facts) -> None:
    """Raise PreviewStale where a fact that decides is not as it was."""
    _refuse(saved, fingerprint.changes(saved.facts, fingerprint.fingerprint(facts)))


def refuse_other_decisions(saved: SavedPreview, migration: Migration) -> None:
    """Raise PreviewStale where another migration would come of it now, PreviewUnusable where it has other steps."""
    steps = tuple(step.name for step in planned(migration))
    now = json.loads(json.dumps(fingerprint.decided(migration)))
    _refuse(saved, fingerprint.changes(saved.decided, now))
    if steps != saved.steps:
        raise PreviewUnusable(
            "This version of migrate-plan takes other steps than the one that saved the preview.",
            why=f"It saved {listed(saved.steps, 50)}; now they would be {listed(steps, 50)}.",
            next=saved.anew,
        )


def gone(saved: SavedPreview) -> PreviewStale:
    """Given a preview whose add-on the app does not have any more, return the error that says so."""
    was = str(saved.facts.get("add-on", saved.add_on_id))
    return _stale(saved, (fingerprint.Change("add-on", was, "not on the app"),))


def _refuse(saved: SavedPreview, found: tuple[Change, ...]) -> None:
    if found:
        raise _stale(saved, found)


def _stale(saved: SavedPreview, found: tuple[Change, ...]) -> PreviewStale:
    error = PreviewStale(
        f"{saved.app} is not as it was when this preview was saved.",
        why=f"{listed([str(change) for change in found], _NAMED)}.",
        next=saved.anew,
    )
    error.changes = found
    return error


def _preview(body: Mapping[str, Any]) -> SavedPreview:
    if body.keys() != _FIELDS:
        raise KeyError("fields")
    return SavedPreview(
        id=str(body["id"]),
        app=str(body["app"]),
        add_on_id=str(body["add_on_id"]),
        to_plan=str(body["to_plan"]),
        choices=_choices(body["choices"]),
        steps=tuple(body["steps"]),
        facts=dict(body["facts"]),
        decided=dict(body["decided"]),
    )


def _choices(body: Mapping[str, Any]) -> Choices:
    sorting = Sorting(**{name: tuple(patterns) for name, patterns in body["sorting"].items()})
    tuples = {name: tuple(value) for name, value in body.items() if isinstance(value, list)}
    return Choices(**{**body, **tuples, "sorting": sorting})


def _digest(body: Mapping[str, Any]) -> str:
    return f"sha256:{hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()}"


def _unusable(name: str, why: str) -> PreviewUnusable:
    return PreviewUnusable(
        f"{name} cannot be applied.", why=why, next="migrate-plan --to PLAN --app APP --dry-run --output FILE"
    )
