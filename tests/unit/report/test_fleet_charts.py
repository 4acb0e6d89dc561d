"""The charts of a fleet: a bar for every app that has begun, nothing outside, no label upon another."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from fakes.fleet_pages import MadeFleet, large, mixed

from migrate.fleet.members import AppState
from migrate.report.charts import fleet
from migrate.report.charts.scale import CHARACTER, NAME_CHARACTER

if TYPE_CHECKING:
    from migrate.report.charts.rows import Shape

SHAPES = [fleet.WIDE, fleet.NARROW]
HOSTILE = '<script>alert(1)</script>"&\x00\x1b' * 9


def drawn(made: MadeFleet, shape: Shape, wave: int) -> ET.Element:
    """The chart of one wave, or with 0 that of all."""
    page = made.page()
    assert page.period is not None
    text = fleet.apps(page.waves[wave - 1], shape) if wave else fleet.waves(page.waves, page.period, shape)
    return ET.fromstring(text)  # noqa: S314 -- our own chart


def bars(chart: ET.Element, kind: str) -> list[ET.Element]:
    return [item for item in chart.iter("rect") if kind in item.attrib["class"].split()]


def extent(text: ET.Element) -> tuple[float, float]:
    size = NAME_CHARACTER if {"name", "figure"} & set(text.attrib["class"].split()) else CHARACTER
    width, place = len(text.text or "") * size, float(text.attrib["x"])
    begin = place - {"start": 0.0, "middle": width / 2, "end": width}[text.attrib["text-anchor"]]
    return begin, begin + width


@pytest.mark.parametrize("shape", SHAPES)
def test_every_app_that_has_begun_has_its_bar_with_what_it_was_in_it(shape: Shape) -> None:
    chart = drawn(mixed(), shape, 2)

    assert len(bars(chart, "bar")) == 6
    assert len(bars(chart, "eager-part")) == 5
    # One that was refused has no record, and those half way have lost no broker yet.
    assert len(bars(chart, "brokerless-part")) == 2
    for kind, number in (("done", 2), ("unseen", 1), ("left", 1), ("held", 1), ("running", 1)):
        assert len(bars(chart, kind)) == number


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("wave", [0, 1, 2])
def test_nothing_is_outside_and_no_two_texts_in_a_line_overlap(shape: Shape, wave: int) -> None:
    made = mixed().app(HOSTILE, 1, AppState.STOPPED)
    chart = drawn(made, shape, wave)
    _, _, width, height = map(float, chart.attrib["viewBox"].split())
    lines: dict[str, list[tuple[float, float]]] = {}

    for item in chart.iter("text"):
        begin, end = extent(item)
        assert begin >= -1, item.text
        assert end <= width + 1, item.text
        assert 0 < float(item.attrib["y"]) <= height
        lines.setdefault(item.attrib["y"], []).append((begin, end))
    for line in lines.values():
        for before, after in pairwise(sorted(line)):
            assert before[1] <= after[0] + 1
    for item in chart.iter("rect"):
        assert float(item.attrib["x"]) >= 0
        assert float(item.attrib["x"]) + float(item.attrib["width"]) <= width


def test_a_tall_chart_has_the_times_above_it_too() -> None:
    ticks = [item for item in drawn(large(500), fleet.WIDE, 3).iter("text") if item.attrib["class"] == "tick"]

    assert len({item.attrib["y"] for item in ticks}) == 2


@pytest.mark.parametrize("shape", SHAPES)
def test_a_screen_reader_is_told_what_a_chart_is_and_a_hostile_name_is_text(shape: Shape) -> None:
    chart = drawn(mixed().app(HOSTILE), shape, 1)
    known = {item.attrib["id"] for item in chart if item.tag in {"title", "desc"} and item.text}

    assert chart.attrib["role"] == "img"
    assert set(chart.attrib["aria-labelledby"].split()) == known
    assert {item.tag for item in chart.iter()} <= {"svg", "title", "desc", "rect", "line", "text"}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_wait_at_a_gate_is_drawn_between_the_waves(shape: Shape) -> None:
    assert len(bars(drawn(mixed(), shape, 0), "held")) == 1
    assert drawn(MadeFleet(opened=1).app("shop").waiting("mail", 2), shape, 0).findall("rect") != []
