from __future__ import annotations

import shlex
from typing import Any

import pytest
from fakes.facts import WEB, WORKER, healthy_facts
from fakes.migrations import a_migration
from msgspec.structs import replace

from migrate.as_typed import as_typed, begun_anew
from migrate.brokers.pasted_copies import Copy
from migrate.brokers.queues import Sorting
from migrate.migration import Choices
from migrate.planning.opening import migration_of
from migrate.platform import ProcessType

BEAT = ProcessType("beat", 1, "celery -A shop beat")
OTHERS: dict[str, tuple[Any, str]] = {
    "strategy": ("bridge", "--strategy bridge"),
    "accepted": (("PREBOOT", "A=3"), "--accept PREBOOT --accept A=3"),
    "sorting": (Sorting(("a*",), ("b",)), "--queue 'a*' --ignore-queue b"),
    "drain_dynos": (False, "--no-drain-dynos"),
    "scale_up": ({"worker": 2}, "--scale-up worker=2"),
    "leftovers": ("carry", "--leftovers carry"),
    "discard_count": (7, "--discard-count 7"),
    "keep_old": (True, "--keep-old"),
    "bridge_workers": ({"worker": 1}, "--bridge-worker worker=1"),
    "kept_copies": (("BROKER",), "--keep-copy BROKER"),
    "paused": (("beat",), "--pause beat"),
    "maintenance": (True, "--maintenance"),
    "deploy": ("command: make it", "--deploy 'command: make it'"),
    "copy_alarms": (True, "--copy-alarms"),
    "held_before": (("remove",), "--hold-before remove"),
}


def test_without_a_choice_there_is_no_option() -> None:
    assert as_typed(Choices(), "shop", "bunny") == "migrate-plan --to bunny --app shop"


@pytest.mark.parametrize("choice", Choices.__struct_fields__)
def test_every_choice_is_typed_as_an_option(choice: str) -> None:
    value, typed = OTHERS[choice]
    changed: Any = {choice: value}

    assert as_typed(replace(Choices(), **changed), "shop", "bunny") == f"migrate-plan --to bunny --app shop {typed}"


@pytest.mark.parametrize("choice", Choices.__struct_fields__)
def test_a_migration_is_begun_anew_with_every_choice(choice: str) -> None:
    value, typed = OTHERS[choice]
    changed: Any = {choice: value}
    facts = healthy_facts(formation=(WEB, WORKER, BEAT), copies=(Copy("BROKER", "its URL"),))
    anew = shlex.join(begun_anew(migration_of(facts, "mig-7f3k2q", replace(Choices(), **changed))))
    by_itself = choice == "drain_dynos"  # workers who promise to stay out of eager mode drain without being named

    assert anew == f"migrate-plan --to bunny-1 --app shop{'' if by_itself else ' ' + typed}"


def test_dynos_that_drain_are_asked_for_again() -> None:
    assert begun_anew(a_migration(drain_by="dynos"))[-1] == "--drain-dynos"
