"""Whatever is missing in a record, a page is made of it."""

from __future__ import annotations

import random

import pytest
from fakes.records import in_drain, whole
from fakes.report_pages import page_of

from migrate.report.rendering import report
from migrate.report.story import Told

RECORD = (
    *in_drain().end(3, "NOT_DRAINED").told,
    *whole().tell("rehearsal", tasks={"a": {"handed_over": 1}}).tell("doctor", rows=[{"code": "A"}]).told,
)


@pytest.mark.parametrize("seed", range(60))
def test_a_page_is_made_of_any_record(seed: int) -> None:
    chance = random.Random(seed)
    kept = []
    for event in RECORD:
        body = {name: value for name, value in event.body.items() if chance.random() > 0.05}
        body |= {name: None for name in body if chance.random() < 0.05}
        if chance.random() > 0.1:
            kept.append(Told(event.at, event.type, body))

    assert "</html>" in report(page_of(kept, chance.choice(["done", "stopped", "running"])))
