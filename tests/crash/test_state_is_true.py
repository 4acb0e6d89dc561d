"""Killed anywhere, there or back, with two add-ons: what is said of the app is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.two_brokers import ID, OLD, TWO, a_machine, dying, on_its_way_back, reached

from migrate.migration import EAGER, WRITE
from migrate.state import app_state
from migrate.store.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.machine import Machine

pytestmark = pytest.mark.crash


def check_true(machine: Machine, point: str) -> None:
    heroku = machine.heroku
    said = app_state(machine.store.record(ID).migration, Journal(machine.store, ID, machine.clock))
    at_work = any(not broker.gone and broker.consumers() for broker in heroku.brokers.values())
    holds = {
        "CELERY_ALWAYS_EAGER=True is set, so": heroku.config.get(EAGER) == "True",
        "CELERY_BROKER_WRITE_URL is set: ": WRITE in heroku.config,
        "and the workers take tasks from": at_work and heroku.quantities["worker"] > 0,
        "Its worker dynos are scaled to 0": heroku.quantities["worker"] == 0 or "that is undone is not known" in said,
        "is still there, as CLOUDAMQP_OLD": heroku.names.get("CLOUDAMQP_OLD") == OLD,
        "the new one is still there": len(heroku.add_ons("shop")) == 2,
        "nothing uses it": heroku.names["CLOUDAMQP"] == OLD and WRITE not in heroku.config,
        "has no CLOUDAMQP_URL": "CLOUDAMQP_URL" not in heroku.config,
        "The new one is still there": len(heroku.add_ons("shop")) == 2,
        "old add-on, which was empty, is removed.": len(heroku.add_ons("shop")) == 1,
    }
    for words, so in holds.items():
        assert words not in said or so, (point, said)


@pytest.mark.parametrize("strategy", TWO)
def test_on_the_way_there(tmp_path: Path, strategy: str) -> None:
    for point in reached(a_machine(tmp_path, strategy).begin):
        machine = a_machine(tmp_path, strategy)
        assert dying(machine, machine.begin, point) is None
        check_true(machine, point)


@pytest.mark.parametrize("strategy", TWO)
def test_on_the_way_back(tmp_path: Path, strategy: str) -> None:
    for point in reached(on_its_way_back(tmp_path, strategy).roll_back):
        machine = on_its_way_back(tmp_path, strategy)
        assert dying(machine, machine.roll_back, point) is None
        check_true(machine, point)
