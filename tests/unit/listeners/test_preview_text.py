from __future__ import annotations

from dataclasses import replace

from fakes.broker_reports import a_queue, queues
from fakes.facts import facts_with_broker, healthy_facts, previewed

from migrate.listeners.preview_text import lines


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
