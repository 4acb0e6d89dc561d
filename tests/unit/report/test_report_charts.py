"""The charts: every step drawn, no label upon another, nothing that a name can break."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from fakes.records import BEGIN, STEPS, Record, in_drain, whole

from migrate.report.charts import depth, timeline
from migrate.report.charts.rows import Shape
from migrate.report.charts.scale import CHARACTER, TimeScale, counts, short
from migrate.report.depths import depths
from migrate.report.telling import tell

LATER = BEGIN + timedelta(hours=1)
HOSTILE = '<script>alert(1)</script>"&\x00\x1b'
SPANS = [1, 7, 45, 68, 300, 1900, 3600, 7 * 3600, 12 * 3600, 86400, 5 * 86400, 40 * 86400]


def drawn(record: Record, shape: Shape | depth.Shape, *, running: bool = False) -> ET.Element:
    story = tell(record.told, max(LATER, record.now), running=running)
    if isinstance(shape, Shape):
        return ET.fromstring(timeline.timeline(story, shape))  # noqa: S314 -- our own chart
    return ET.fromstring(depth.depth(depths(record.told), story, shape))  # noqa: S314 -- likewise


def texts(chart: ET.Element, kind: str) -> list[ET.Element]:
    return [item for item in chart.iter("text") if kind in item.attrib["class"].split()]


def extent(text: ET.Element) -> tuple[float, float]:
    """From where to where a text goes."""
    width, place = len(text.text or "") * CHARACTER, float(text.attrib["x"])
    begin = place - {"start": 0.0, "middle": width / 2, "end": width}[text.attrib["text-anchor"]]
    return begin, begin + width


SHAPES = [timeline.WIDE, timeline.NARROW, depth.WIDE, depth.NARROW]


@pytest.mark.parametrize("seconds", SPANS)
@pytest.mark.parametrize("right", [300.0, 880.0])
def test_no_two_labels_of_an_axis_overlap_and_there_are_some(seconds: int, right: float) -> None:
    ticks = TimeScale(BEGIN, BEGIN + timedelta(seconds=seconds), 40, right).ticks()

    assert 1 <= len(ticks) <= 20
    for before, after in pairwise(ticks):
        assert before.place + before.width / 2 < after.place - after.width / 2


@pytest.mark.parametrize("most", [0, 1, 3, 4, 5, 9, 42, 99, 100, 101, 1440, 99_999, 1_234_567])
def test_the_axis_of_messages_has_few_round_numbers_and_reaches_the_highest(most: int) -> None:
    numbers = counts(most)

    assert numbers[0] == 0
    assert numbers[-1] >= most
    assert 2 <= len(numbers) <= 6
    assert len({short(number) for number in numbers}) == len(numbers)


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_every_step_has_a_row_and_what_was_begun_a_bar(shape: Shape) -> None:
    chart = drawn(whole(), shape)

    assert [item.text for item in texts(chart, "name")] == ["processes", *STEPS]
    bars = [item for item in chart.iter("rect") if item.attrib["class"].startswith("bar")]
    assert len(bars) == 1 + len(STEPS)
    assert all(float(bar.attrib["width"]) >= 3 for bar in bars)


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_a_step_that_was_not_begun_says_so(shape: Shape) -> None:
    figures = [item.text for item in texts(drawn(in_drain(), shape), "figure")]

    assert figures.count("not begun") == len(STEPS) - 4


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_drawn_stays_within_the_chart(shape: Shape | depth.Shape) -> None:
    chart = drawn(whole(), shape)
    _, _, width, height = map(float, chart.attrib["viewBox"].split())

    for item in chart.iter("text"):
        begin, end = extent(item)
        assert begin >= -1, item.text
        assert end <= width + 1, item.text
        assert 0 < float(item.attrib["y"]) <= height
    for item in chart.iter("rect"):
        assert float(item.attrib["x"]) + float(item.attrib["width"]) <= width


@pytest.mark.parametrize("shape", SHAPES)
def test_no_two_texts_in_a_line_overlap(shape: Shape | depth.Shape) -> None:
    record = in_drain().look({"celery": 30}).live("drain", 9).live("drain", 10)
    record.tell("effect.requested", 0.1, step="remove", effect="remove").look({"celery": 0}).done("drain").step("add")
    record.start("eager-off").live("eager-off", 11).live("eager-off", 12).done("eager-off").end()
    lines: dict[str, list[ET.Element]] = {}
    for item in drawn(record, shape).iter("text"):
        lines.setdefault(item.attrib["y"], []).append(item)

    for line in lines.values():
        for before, after in pairwise(sorted(map(extent, line))):
            assert before[1] <= after[0] + 1


@pytest.mark.parametrize("shape", SHAPES)
def test_a_screen_reader_is_told_what_a_chart_is(shape: Shape | depth.Shape) -> None:
    chart = drawn(whole(), shape)
    known = {item.attrib["id"] for item in chart if item.tag in {"title", "desc"} and item.text}

    assert chart.attrib["role"] == "img"
    assert set(chart.attrib["aria-labelledby"].split()) == known


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_name_is_text_and_nothing_else(shape: Shape | depth.Shape) -> None:
    steps = (HOSTILE, "drain")
    record = Record().begin(steps=steps).start(HOSTILE).done(HOSTILE).count("preflight", broker=HOSTILE)
    record.start("drain").look({HOSTILE: 4}).look({HOSTILE: 2})

    chart = drawn(record, shape)

    assert {item.tag for item in chart.iter()} <= {"svg", "title", "desc", "rect", "line", "text", "circle", *POLY}
    assert not any(name.startswith("on") for item in chart.iter() for name in item.attrib)


POLY = {"polygon", "polyline"}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_number_in_a_chart_is_one(shape: Shape | depth.Shape) -> None:
    for record in (Record().begin(), in_drain(), whole(), in_drain().look({"celery": 0})):
        for item in drawn(record, shape).iter():
            for name in ("x", "y", "x1", "y2", "width", "height", "cx", "points"):
                for number in re.split(r"[ ,]", item.attrib.get(name, "0")):
                    assert re.fullmatch(r"-?\d+(\.\d+)?", number), (name, number)


def test_between_two_looks_with_nothing_between_no_curve_is_drawn() -> None:
    record = in_drain().look({"celery": 9}).look({"celery": 8}).look({"celery": 2}, 3600).look({"celery": 1})

    chart = drawn(record, depth.WIDE)

    assert len([item for item in chart.iter("polyline") if item.attrib["class"] == "total"]) == 2
    # From the count at the beginning to the first look, and over the hour.
    assert len([item for item in chart.iter("line") if item.attrib["class"] == "gap"]) == 2


def test_the_new_broker_is_a_dot_of_its_own_and_no_end_of_the_curve() -> None:
    chart = drawn(whole(), depth.WIDE)

    assert [item.text for item in chart.iter("text")].count("new broker") == 1
    assert len([item for item in chart.iter("circle") if item.attrib["class"] == "count"]) == 2
    assert len([item for item in chart.iter("line") if item.attrib["class"] == "gap"]) == 1
