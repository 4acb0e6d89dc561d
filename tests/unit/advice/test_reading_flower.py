"""What tells an app's Flower where to read, also after a migration: found, judged, masked, and nothing changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import APP, FakeHeroku
from fakes.machine import Machine

from migrate.advice.flower_places import Leads
from migrate.advice.flower_verdict import refuse_elsewhere
from migrate.advice.reading_flower import read_flower
from migrate.errors import AddOnMissing, FlowerElsewhere, FlowerUnproven, MigrateError
from migrate.listeners.flower_text import lines
from migrate.migration import Choices

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.events import FlowerRead

OLD_API = "https://cloudamqp-old-1:canary-cloudamqp-old-1@host/api/"
SECRET = "canary-cloudamqp-old-1"


def machine(tmp_path: Path, **variables: str) -> Machine:
    heroku = FakeHeroku()
    heroku.config |= variables
    heroku.log[-1][1].update(variables)
    choices = Choices(kept_copies=tuple(variables), accepted=("PASTED_COPIES",))
    return Machine(f"sqlite:///{tmp_path / 'store'}", heroku, choices=choices)


def flower_of(machine: Machine) -> FlowerRead:
    fake: Any = machine.heroku
    writes = list(machine.heroku.writes)
    read, _, _ = read_flower(fake, fake, machine.store, APP, machine.heroku.add_ons(APP)[0])
    assert machine.heroku.writes == writes
    texts = (json.dumps(read.to_json(at=datetime.now(UTC), migration="")), "\n".join(lines(read)), repr(read))
    assert not [text for text in texts if "canary" in text]
    return read


def refused(read: FlowerRead) -> MigrateError:
    with pytest.raises((FlowerElsewhere, FlowerUnproven)) as error:
        refuse_elsewhere(read.places, read.line, APP)
    assert "canary" not in f"{error.value.what}{error.value.why}{error.value.next}"
    return error.value


def test_an_app_without_a_flower_is_told_how_to_start_one(tmp_path: Path) -> None:
    read = flower_of(machine(tmp_path))

    refuse_elsewhere(read.places, read.line, APP)
    text = "\n".join(lines(read))
    assert text.startswith("NOTHING FOUND: ")
    assert "  web: celery -A shop flower --port=$PORT\n" in text
    assert "heroku config:set FLOWER_BROKER_API=https://host/api/ --app shop" in text
    assert "--broker_api='https://cloudamqp-old-1:***@host/api/'" in text


def test_one_that_leads_to_the_broker_is_fine(tmp_path: Path) -> None:
    read = flower_of(machine(tmp_path, FLOWER_BROKER_API=OLD_API))

    refuse_elsewhere(read.places, read.line, APP)
    assert [place.leads for place in read.places] == [Leads.HERE]
    assert "\n".join(lines(read)).startswith("HERE: ")


def test_after_a_migration_what_was_left_is_found_under_any_name(tmp_path: Path) -> None:
    moved = machine(tmp_path, FLOWER_BROKER_API=OLD_API, MONITOR=f"url={OLD_API}", WORD=SECRET)
    moved.begin()

    read = flower_of(moved)

    assert {place.where: place.leads for place in read.places} == {
        "config var FLOWER_BROKER_API": Leads.ELSEWHERE,
        "config var MONITOR": Leads.ELSEWHERE,
        "config var WORD": Leads.ELSEWHERE,
    }
    assert read.not_looked_for == ""
    error = refused(read)
    assert error.next == "heroku config:set FLOWER_BROKER_API=https://host/api/ --app shop"
    assert "config var MONITOR" in error.why


def test_without_a_finished_migration_it_is_said_that_old_copies_are_not_known(tmp_path: Path) -> None:
    assert "no finished migration" in "\n".join(lines(flower_of(machine(tmp_path, MONITOR=SECRET))))


def test_a_release_that_heroku_does_not_know_any_more_is_no_reason_to_say_that_there_is_no_copy(
    tmp_path: Path,
) -> None:
    moved = machine(tmp_path, MONITOR=f"url={OLD_API}")
    moved.begin()
    for _, config in moved.heroku.log:
        config.pop("CLOUDAMQP_URL", None)

    assert "any more" in flower_of(moved).not_looked_for


def test_an_address_that_is_not_seen_is_not_taken_for_right(tmp_path: Path) -> None:
    error = refused(flower_of(machine(tmp_path, FLOWER_BROKER_API="$MANAGEMENT")))

    assert error.code == "FLOWER_UNPROVEN"


def test_an_app_that_cannot_reach_the_add_on_is_refused(tmp_path: Path) -> None:
    one = machine(tmp_path)
    del one.heroku.config["CLOUDAMQP_URL"]

    with pytest.raises(AddOnMissing):
        flower_of(one)
