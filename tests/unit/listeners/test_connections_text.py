"""An app's connections as people see them: the verdict first, and nothing unknown drawn as a number."""

from __future__ import annotations

from fakes.practice import FORMATION, healthy_practice

from migrate.advice.connection_rows import count
from migrate.advice.what_if import WhatIf
from migrate.brokers.report import Unreadable
from migrate.cli.connections import _event
from migrate.listeners.connections_text import lines
from migrate.platform import ProcessType


def shown(what_if: str = "", **changes: object) -> list[str]:
    practice = healthy_practice(**changes)
    return list(lines(_event(practice, practice.plan, what_if, count(practice, WhatIf(), practice.plan))))


def test_the_verdict_comes_first_then_the_plan_with_its_limit_and_who_says_so() -> None:
    first, second, *_ = shown()

    # Web: 2 dynos x 2 workers; worker: 1 + 1 + 2 children; 2 of our own.
    assert first == "fits: 10 at work, 18 in a release, of 20."
    assert second == "shop on cloudamqp:lemur; limit: 20 (the broker's vhost-limits)"


def test_each_process_type_has_a_row_and_what_its_dynos_open_is_explained() -> None:
    text = shown()

    assert next(line.split() for line in text if line.startswith("web ")) == ["web", "web", "2", "4", "4", "8", "0"]
    assert next(line for line in text if line.startswith("worker,")) == (
        "worker, each dyno: 1 (the worker, which consumes) + 1 (its answers to remote control) + "
        "2 (its children, once each has published or sent a result by rpc)"
    )
    assert next(line.split() for line in text if line.startswith("in all")) == ["in", "all", "6", "10", "18", "1"]


def test_a_lower_bound_is_drawn_as_one_and_what_is_not_known_as_unknown() -> None:
    hidden = ProcessType("other", 1, "bin/start")
    text = shown(formation=(*FORMATION, hidden), clients=Unreadable("HTTP 500"))

    assert text[0].startswith("unknown: at least 11 at work, at least 20 in a release, of 20.")
    assert "other: its command does not show what it runs" in text[0]
    assert "what is open now could not be read: HTTP 500" in text[0]
    assert next(line for line in text if line.startswith("in all")).split()[2:] == [
        *("6", ">=", "11", ">=", "20", "unknown"),
    ]


def test_what_was_asked_about_is_said() -> None:
    assert "if plan=lemur" in shown("plan=lemur")[1]
