"""A preview that is saved, and applied only while the app is as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.broker_reports import a_queue, queues
from fakes.clock import FakeClock
from fakes.facts import ADD_ON, PLANS, WEB, WORKER, facts_with_broker, healthy_broker, healthy_facts
from fakes.heroku import FakeHeroku
from fakes.machine import Machine
from msgspec import to_builtins
from msgspec.structs import replace

from migrate.brokers.pasted_copies import Copy
from migrate.brokers.queues import Sorting
from migrate.brokers.report import Unreadable
from migrate.commands import plain
from migrate.errors import PreviewApplied, PreviewStale, PreviewUnusable
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.planning import opening, saved_preview
from migrate.platform import Attachment, Plan, Release
from migrate.secrets import Secret
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.facts import Facts
    from migrate.planning.saved_preview import SavedPreview

ID = "mig-7f3k2q"
MADE = {"at": "2026-11-24T12:00:00+00:00", "by": "ada@laptop"}
CHOICES = Choices(
    "side-by-side",
    ("PREBOOT",),
    Sorting(("amq.*",), ("dead",)),
    drain_dynos=False,
    keep_old=True,
    held_before=("remove-old",),
)


def text_of(facts: Facts, choices: Choices = CHOICES) -> str:
    migration = opening.migration_of(facts, ID, choices)
    return saved_preview.as_text(facts, migration, choices, opening.preview(facts, migration), MADE)


def saved(facts: Facts, choices: Choices = CHOICES) -> SavedPreview:
    return saved_preview.parse(text_of(facts, choices), "plan.json")


def check(known: SavedPreview, now: Facts) -> None:
    """As apply does."""
    saved_preview.refuse_other_facts(known, now)
    saved_preview.refuse_other_decisions(known, opening.migration_of(now, known.id, known.choices))


def test_what_was_saved_is_read_back_with_every_choice() -> None:
    known = saved(healthy_facts())

    assert (known.id, known.app, known.add_on_id, known.to_plan) == (ID, "shop", ADD_ON.id, "cloudamqp:bunny-1")
    assert known.choices == CHOICES
    assert "remove-old" in known.steps


def test_on_an_app_that_is_as_it_was_it_may_be_applied() -> None:
    check(saved(healthy_facts()), healthy_facts())


def test_how_many_messages_are_in_the_queues_does_not_matter() -> None:
    check(
        saved(facts_with_broker(queues=queues(a_queue(ready=3)))), facts_with_broker(queues=queues(a_queue(ready=9)))
    )


NEWER = Release(9, "succeeded", current=True, description="Set SOMETHING config vars", slug="other-slug")
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "release": ({"releases": (NEWER,)}, "newest release: v7 -> v9"),
    "slug": ({"releases": (replace(NEWER, version=7),)}, "slug: none -> other-slug"),
    "scaled": ({"formation": (WEB, replace(WORKER, quantity=4))}, "worker=4 Standard-1X"),
    "other command": ({"formation": (WEB, replace(WORKER, command="celery -A other worker"))}, "celery -A other"),
    "plan": ({"add_on": replace(ADD_ON, plan="cloudamqp:tiger")}, "its plan: cloudamqp:lemur -> cloudamqp:tiger"),
    "another add-on": ({"add_on": replace(ADD_ON, id="other")}, f"{ADD_ON.name} (other)"),
    "another name": (
        {
            "attachments": (
                Attachment("attachment-1", "CLOUDAMQP", ADD_ON.name, "shop"),
                Attachment("attachment-2", "QUEUE", ADD_ON.name, "shop"),
            )
        },
        "attachments: nothing -> shop::QUEUE",
    ),
    "price": (
        {"plans": (*PLANS[:3], Plan("cloudamqp:bunny-1", 12900, "month", "ga"), PLANS[4])},
        "wanted plan's price: $99/month -> $129/month",
    ),
    "variable": ({"variables": frozenset({"NEW_NAME"})}, "config vars: nothing -> NEW_NAME"),
    "eager": ({"eager": "True"}, "CELERY_ALWAYS_EAGER: not set -> True"),
    "marked": ({"marker": "by hand"}, "MIGRATE_PLAN: not set -> set"),
    "copy": ({"copies": (Copy("BROKER", "amqps://u:***@h/v"),)}, "copies of the address: nothing -> BROKER"),
    "preboot": ({"preboot": True}, "preboot: off -> on"),
    "broker": (
        {"broker": healthy_broker(label="other.host/v")},
        "broker: stingray.rmq.cloudamqp.com/abcdefgh -> other",
    ),
    "unread": (
        {"broker": healthy_broker(version=Unreadable("HTTP 500"))},
        "broker's version: 4.3.1 -> could not be read",
    ),
    "several": ({"several_per_app": False}, "several add-ons at once: allowed -> not allowed"),
    "signal": ({"remap_sigterm": "SIGQUIT"}, "REMAP_SIGTERM: not set -> SIGQUIT"),
    "beside": (
        {"other_add_ons": ("cloudamqp-other-1",)},
        "other add-ons of the service: nothing -> cloudamqp-other-1",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_app_that_has_changed_is_refused_and_each_fact_is_named_with_what_it_was_and_is(change: str) -> None:
    different, said = CHANGES[change]

    with pytest.raises(PreviewStale) as raised:
        check(saved(healthy_facts()), healthy_facts(**different))

    error = raised.value
    assert (error.exit, error.code) == (Exit.CHANGED, "PREVIEW_STALE")
    assert any(said in str(item) for item in error.changes), error.changes
    assert error.next.startswith("migrate-plan --to cloudamqp:bunny-1 --app shop --strategy side-by-side")
    assert error.next.endswith("--keep-old --dry-run --output FILE")


def test_what_would_be_decided_otherwise_is_a_change_too() -> None:
    known = saved(healthy_facts())
    body = {**known.decided, "consumed": ["celery", "mails"]}

    with pytest.raises(PreviewStale, match="not as it was") as raised:
        check(replace(known, decided=body), healthy_facts())

    assert raised.value.why == "consumed: mails -> nothing."


def test_another_version_of_the_program_with_other_steps_is_refused() -> None:
    known = saved(healthy_facts())

    with pytest.raises(PreviewUnusable, match="other steps") as raised:
        check(replace(known, steps=("preflight", "magic")), healthy_facts())
    assert "preflight, magic" in raised.value.why


def tampered(**changes: Any) -> str:
    body = json.loads(text_of(healthy_facts()))
    body.update(changes)
    return json.dumps(body)


def again(**changes: Any) -> str:
    """Changed by somebody who has put a digest of their own under it."""
    body = json.loads(tampered(**changes))
    body.pop("digest")
    return json.dumps({**body, "digest": saved_preview._digest(body)})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1, 2]", "not a preview"),
        ("null", "not a preview"),
        ('{"type": "something else"}', "not a preview"),
        (tampered(v=2), "format is 2"),
        (tampered(app="other"), "digest"),
        (tampered(digest="sha256:0"), "digest"),
        (text_of(healthy_facts())[:-200], "not JSON"),
        (again(choices={"strategy": "documented"}), "not as this version"),
        (again(choices="none"), "not as this version"),
        (again(choices={**to_builtins(CHOICES), "speed": "high"}), "not as this version"),
        (again(facts=7), "not as this version"),
        (again(more=1), "not as this version"),
    ],
)
def test_a_file_that_is_damaged_or_changed_or_of_another_version_is_refused_in_plain_words(
    text: str, why: str
) -> None:
    with pytest.raises(PreviewUnusable, match=r"plan\.json cannot be applied") as raised:
        saved_preview.parse(text, "plan.json")

    assert raised.value.exit == Exit.REFUSED
    assert why in raised.value.why


def test_no_secret_is_in_the_file_not_even_one_in_a_command_line() -> None:
    canary = "c4n4ry p@ss/word"
    Secret(canary)
    command = f"celery -b amqp://u:{canary}@h/v worker"
    encoded = "celery -b amqp://u:c4n4ry%20p%40ss%2Fword@h/v worker"
    facts = healthy_facts(
        formation=(WEB, replace(WORKER, command=command), replace(WORKER, type="b", command=encoded))
    )

    text = text_of(facts)

    assert "c4n4ry" not in text
    check(saved_preview.parse(text, "plan.json"), facts)


def test_the_same_preview_is_not_applied_twice(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeClock())
    known = saved(healthy_facts())
    saved_preview.refuse_applied(known, store, plain)
    store.create(opening.migration_of(healthy_facts(), known.id, known.choices))

    with pytest.raises(PreviewApplied, match="applied already") as raised:
        saved_preview.refuse_applied(known, store, plain)

    assert raised.value.next == f"migrate-plan resume {ID}"


def test_two_who_apply_it_at_once_move_the_app_once() -> None:
    machine = Machine("", FakeHeroku())
    migration = machine.migration()
    assert machine.begin().exit == Exit.DONE

    with pytest.raises(PreviewApplied):
        machine._runner().begin(migration)

    assert machine.heroku.writes.count("remove") == 1
    assert machine.store.holder("shop") is None
