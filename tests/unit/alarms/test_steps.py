"""Alarms are part of a migration only where that was asked for."""

from __future__ import annotations

import pytest
from fakes.facts import healthy_facts

from migrate.migration import Choices, Migration, key_variable
from migrate.planning.opening import migration_of
from migrate.strategies import STRATEGIES, planned

MINE = ["save-alarms", "copy-alarms"]


def names(strategy: str, *, copy_alarms: bool) -> list[str]:
    choices = Choices(strategy, copy_alarms=copy_alarms)
    return [step.name for step in planned(migration_of(healthy_facts(), "mig-7f3k2q", choices))]


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "in-place"])
def test_they_are_read_before_the_old_add_on_goes_and_copied_when_workers_are_back(strategy: str) -> None:
    steps = names(strategy, copy_alarms=True)
    removal = next(name for name in steps if name in {"remove", "remove-old"})

    assert [name for name in steps if name in MINE] == MINE
    assert steps.index("save-alarms") < steps.index(removal)
    assert steps.index("verify") < steps.index("copy-alarms")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_without_being_asked_for_they_are_no_matter(strategy: str) -> None:
    assert not set(names(strategy, copy_alarms=False)) & set(MINE)


def test_an_add_on_whose_plan_is_changed_in_place_keeps_its_alarms() -> None:
    assert not set(names("in-place", copy_alarms=True)) & set(MINE)


def test_a_migration_of_an_older_version_has_none_to_copy() -> None:
    written = migration_of(healthy_facts(), "mig-7f3k2q", Choices()).to_json()
    del written["copy_alarms"]

    assert Migration.from_json(written).copy_alarms is False


def test_the_key_has_the_name_of_the_attachment() -> None:
    assert key_variable("RABBIT") == "RABBIT_APIKEY"
