from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.broker_reports import a_queue, queues
from fakes.facts import facts_with_broker, healthy_facts, previewed
from msgspec.structs import replace

from migrate.brokers.statistics import QueueRates
from migrate.listeners.breaking import broken
from migrate.listeners.preview_text import POINT_OF_NO_RETURN, lines, style
from migrate.migration import Choices
from migrate.planning import opening

if TYPE_CHECKING:
    from migrate.events import Previewed


def test_which_queues_are_work_and_which_are_not_stands_before_the_checks() -> None:
    holding = queues(a_queue(ready=3), a_queue("w.celery.pidbox"))
    text = list(lines(previewed(facts_with_broker(queues=holding))))
    table = text[text.index("Queues") + 1 :]

    assert table[:4] == [
        "  work     tasks: celery; messages: 3",
        "           a queue that is nothing else holds tasks",
        "  not work mailboxes: w.celery.pidbox; messages: 0",
        "           remote control of workers, and replies to it",
    ]


def test_of_many_queues_the_first_are_named() -> None:
    many = queues(a_queue(), *(a_queue(f"w{number}.celery.pidbox") for number in range(60)))
    text = list(lines(previewed(facts_with_broker(queues=many))))

    assert "w4.celery.pidbox and 55 more; messages: 0" in next(line for line in text if "mailboxes" in line)


def test_where_the_queues_could_not_be_read_there_is_no_table() -> None:
    assert "Queues" not in list(lines(replace(previewed(healthy_facts()), queues=())))


def shown(strategy: str = "documented", **choices: Any) -> Previewed:
    rates = {"celery": QueueRates(2.0, 5.8)}
    facts = replace(facts_with_broker(queues=queues(a_queue(ready=4213)), rates=rates), preboot=True)
    migration = opening.migration_of(facts, "mig-7f3k2q", Choices(strategy, **choices))
    return opening.preview(facts, migration)


@pytest.mark.parametrize(
    ("strategy", "final"), [("documented", "remove"), ("side-by-side", "remove-old"), ("bridge", "remove-old")]
)
def test_the_point_of_no_return_is_a_line_right_above_the_first_step_that_cannot_be_undone(
    strategy: str, final: str
) -> None:
    text = list(lines(shown(strategy)))
    (at,) = [number for number, line in enumerate(text) if POINT_OF_NO_RETURN in line]

    assert f". {final}: " in text[at + 1]
    assert all("CANNOT BE UNDONE" not in line for line in text[:at])
    assert style(text[at]) == "bold red"


def test_where_all_can_be_undone_there_is_no_such_line() -> None:
    assert not [line for line in lines(shown("in-place")) if POINT_OF_NO_RETURN in line]


def test_a_gate_stands_above_the_step_that_waits_for_somebody() -> None:
    text = list(lines(shown(held_before=("drain",))))

    (at,) = [number for number, line in enumerate(text) if "HELD HERE" in line]
    assert ". drain: " in text[at + 1]


@pytest.mark.parametrize("strategy", ["documented", "side-by-side", "bridge", "in-place"])
def test_on_a_terminal_of_80_columns_only_what_can_be_typed_is_longer(strategy: str) -> None:
    drawn = [line for text in lines(shown(strategy)) for line in broken(text, 80)]

    assert [line for line in drawn if len(line) > 80 and "heroku" not in line and "celery " not in line] == []


def test_what_is_in_the_queues_and_how_long_it_takes_is_said() -> None:
    text = list(lines(shown()))

    assert "  celery: 4213 ready, 0 unacknowledged, in 2/s, out 5.8/s" in text
    assert "  drain      about 12 min: 4213 messages, of which 5.8 a second are taken now" in text


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    text = list(lines(previewed(facts_with_broker(queues=queues(a_queue(ready=3))))))

    assert "  celery: 3 ready, 0 unacknowledged, in unknown, out unknown" in text
    assert any(line.startswith("  drain      not known: ") for line in text)
    assert not any(line.startswith("  eager  ") for line in text)
