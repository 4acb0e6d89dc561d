"""docs/events.schema.json is what the events are, and what is written goes by it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import event_schema
import pytest
from fakes.facts import healthy_facts, previewed
from fakes.heroku import FakeHeroku
from fakes.machine import Machine
from jsonschema import Draft202012Validator
from markdown_pages import ROOT, fenced, section

from migrate.events import Event
from migrate.secrets import redact_json

TYPES = [event.type for event in Event.__subclasses__()]


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(event_schema.PLACE.read_text()))


def check(event: object) -> None:
    validator().validate(event)


def test_the_file_is_that_of_the_present_events() -> None:
    assert event_schema.PLACE.read_text() == event_schema.text(), "event_schema.py writes it anew"


@pytest.mark.parametrize("event", TYPES)
def test_the_example_of_each_event_goes_by_the_schema(event: str) -> None:
    (line,) = fenced(section(ROOT / "docs" / "events.md", event), "json")
    check(json.loads(line))


def test_every_event_of_a_migration_goes_by_the_schema() -> None:
    machine = Machine("", FakeHeroku())
    result = machine.begin()

    for event in (previewed(healthy_facts()), *machine.events, result):
        body: Any = redact_json(event.to_json(at=machine.clock.now(), migration="mig-7f3k2q"))
        check(json.loads(json.dumps(body)))


@pytest.mark.parametrize(
    "changed",
    [{"v": 2}, {"seconds": "long"}, {"seconds": None}, {"time": 5}],
)
def test_what_is_no_event_of_this_version_is_none(changed: dict[str, object]) -> None:
    line = {"v": 1, "type": "step.done", "time": "2026-11-24T12:00:00.000+00:00", "migration": "", "step": "a"}
    check({**line, "seconds": 1.5})

    assert not validator().is_valid({**line, "seconds": 1.5, **changed})
    assert not validator().is_valid(line)


def test_a_reader_of_today_lets_further_types_and_fields_through() -> None:
    line = {"v": 1, "type": "step.done", "time": "2026-11-24T12:00:00.000+00:00", "migration": ""}

    check({**line, "type": "of.tomorrow", "anything": [1]})
    check({**line, "step": "a", "seconds": 1.5, "added": "later"})
