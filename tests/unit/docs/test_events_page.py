"""docs/events.md describes every event with every field, and no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from markdown_pages import ROOT, fenced, headings, section, table

from migrate.events import Event, StepDone
from migrate.preflight.finding import Finding
from migrate.preview import Preview

PAGE = ROOT / "docs" / "events.md"
EVENTS = {event.type: event for event in Event.__subclasses__()}
HEAD = [name for name in StepDone("drain", 1.0).to_json(at=datetime.now(UTC), migration="") if name[0] in "vtm"]


def names(cls: type[Any]) -> list[str]:
    return list(cls.__struct_fields__)


def example(event: str) -> dict[str, Any]:
    (line,) = fenced(section(PAGE, event), "json")
    assert line.count("\n") == 1, "an event is one line"
    body: dict[str, Any] = json.loads(line)
    return body


def test_every_event_has_a_heading_and_every_heading_is_an_event() -> None:
    assert len(EVENTS) == len(Event.__subclasses__())
    assert sorted(headings(PAGE, 2)) == sorted(EVENTS)


def test_the_fields_that_every_event_has_are_listed_first() -> None:
    common = PAGE.read_text().partition("\n## ")[0]
    assert [row[0].strip("`") for row in table(common)] == HEAD


@pytest.mark.parametrize("event", EVENTS)
def test_the_fields_of_an_event_are_listed_in_their_order(event: str) -> None:
    listed = [row[0].strip("`") for row in table(section(PAGE, event))]
    assert listed == names(EVENTS[event])


@pytest.mark.parametrize("event", EVENTS)
def test_the_example_of_an_event_has_exactly_its_fields(event: str) -> None:
    shown = example(event)

    assert list(shown) == [*HEAD, *names(EVENTS[event])]
    assert (shown["v"], shown["type"]) == (1, event)
    assert datetime.fromisoformat(shown["time"]).utcoffset() is not None


def test_the_previewed_finding_and_step_have_their_fields() -> None:
    shown = example("preview")

    assert [list(item) for item in shown["findings"]] == [names(Finding)]
    assert [list(item) for item in shown["steps"]] == [names(Preview)]


@pytest.mark.parametrize("name", [*names(Finding), *names(Preview)])
def test_the_fields_of_findings_and_steps_are_explained(name: str) -> None:
    assert f"`{name}`" in section(PAGE, "preview")
