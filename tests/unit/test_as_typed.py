from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import pytest

from migrate.as_typed import as_typed
from migrate.migration import Choices
from migrate.queues import Sorting

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


@pytest.mark.parametrize("choice", [item.name for item in dataclasses.fields(Choices)])
def test_every_choice_is_typed_as_an_option(choice: str) -> None:
    value, typed = OTHERS[choice]
    changed: Any = {choice: value}

    assert as_typed(replace(Choices(), **changed), "shop", "bunny") == f"migrate-plan --to bunny --app shop {typed}"
