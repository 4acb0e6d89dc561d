"""An app's connections as a whole: as it is, and otherwise."""

from __future__ import annotations

from fakes.practice import healthy_practice
from fakes.statistics import a_client

from migrate.advice.connection_rows import count
from migrate.advice.connection_verdict import Verdict
from migrate.advice.what_if import WhatIf, what_if
from migrate.brokers.report import Unreadable

LEMUR = "cloudamqp:lemur"


def test_the_app_as_it_is_is_held_against_what_its_broker_allows() -> None:
    found = count(healthy_practice(connection_limit=15), WhatIf(), LEMUR)

    assert (found.allowed.connections, found.judged.verdict) == (15, Verdict.TIGHT)
    assert found.judged.fixes == ("web workers 1 would fit",)


def test_another_plan_is_held_against_what_pages_say() -> None:
    found = count(healthy_practice(connection_limit=15), what_if("plan=tiger,web=30", ("web",)), "cloudamqp:tiger")

    assert (found.allowed.connections, found.judged.verdict) == (100, Verdict.TIGHT)
    assert found.rows[0].estimate == 60


def test_what_nobody_accounts_for_is_open_on_another_plan_too() -> None:
    many = tuple(a_client(f"10.0.9.{number}:1") for number in range(60))
    found = count(healthy_practice(clients=many), what_if("plan=tiger,web=1", ("web",)), "cloudamqp:tiger")

    assert found.needed.unexplained == 60 - 8
    assert found.needed.connections == 2 + 4 + 52 + found.needed.own


def test_what_is_open_and_cannot_be_read_is_not_nothing() -> None:
    found = count(healthy_practice(clients=Unreadable("HTTP 500")), WhatIf(), LEMUR)

    assert found.judged.verdict is Verdict.UNKNOWN
    assert "HTTP 500" in found.judged.why
    assert [row.open for row in found.rows] == [None, None]


def test_workers_that_do_not_answer_leave_a_lower_bound() -> None:
    found = count(healthy_practice(workers=Unreadable("no AMQP connection")), WhatIf(), LEMUR)

    assert found.judged.verdict is Verdict.UNKNOWN
    assert "the pool limit is not known" in found.judged.why
    assert found.needed.formula is None


def test_where_it_can_be_told_whose_a_connection_is_it_stands_in_its_row() -> None:
    web, worker = count(healthy_practice(), WhatIf(), LEMUR).rows

    assert (web.open, worker.open) == (0, 1)


def test_while_some_may_be_anybodys_no_row_is_said_to_have_none() -> None:
    web, worker = count(
        healthy_practice(clients=(a_client("10.0.0.1:4000"), a_client("10.0.0.1:1"))), WhatIf(), LEMUR
    ).rows

    assert (web.open, worker.open) == (None, 1)
