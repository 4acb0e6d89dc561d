"""Depths, conservation, before and after, calls: what is not known stays unknown."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.records import Record, in_drain, whole

from migrate.report.calls import calls
from migrate.report.comparison import NONE, UNKNOWN, compare
from migrate.report.conservation import conservation, in_words
from migrate.report.depths import depths
from migrate.report.words import entries, words


def test_what_came_in_was_executed_and_nothing_is_left() -> None:
    known = conservation(whole().told)

    assert (known.there, known.came, known.executed, known.carried, known.left) == (40, 20, 60, 0, 0)
    assert (known.difference, in_words(known)) == (0, "It adds up.")
    assert "proven empty" in known.left_why


def test_a_drain_that_has_not_ended_proves_nothing() -> None:
    known = conservation(in_drain().look({"celery": 0}).told)

    assert (known.left, "not proven" in known.left_why) == (0, True)


def test_a_proof_from_before_a_crash_is_none_while_it_is_proven_again() -> None:
    record = in_drain().look({"celery": 0}).done("drain").begin(resumed=True).start("drain").look({"celery": 7})

    assert conservation(record.told).left == 7


def test_a_proof_from_before_the_way_back_says_nothing_about_a_broker_that_is_used_again() -> None:
    record = in_drain().look({"celery": 0}).done("drain").end(3, "RELEASE_FAILED").begin(resumed=True, back=True)

    known = conservation(record.step("eager-back").end(8, "ROLLED_BACK").told)

    assert (known.left, known.difference) == (None, None)
    assert "uses the old broker again" in known.left_why


def test_without_a_look_what_is_left_is_unknown() -> None:
    known = conservation(in_drain().told)

    assert (known.left, known.came, known.executed) == (None, None, None)
    assert known.unknown == ("the record has no look of a drain",)
    assert "cannot be said" in in_words(known)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ({"published": None}, {}, "published: not read at the beginning"),
        ({}, {"acknowledged": None}, "acknowledged: not read in the drain"),
        ({}, {"published": 3}, "published: a queue was made anew meanwhile, and counts from 0 again"),
    ],
)
def test_a_counter_that_is_missing_or_went_back_is_unknown(
    before: dict[str, Any], after: dict[str, Any], why: str
) -> None:
    record = Record().begin().count("preflight", **before).start("drain").look({"celery": 1}, **after)

    known = conservation(record.told)

    assert known.unknown == (why,)
    assert known.difference is None


def test_messages_that_do_not_add_up_are_said_with_what_may_explain_it() -> None:
    record = (
        Record().begin().count("preflight", 40).start("drain").look({"celery": 0}, acknowledged=130).done("drain")
    )

    known = conservation(record.told)

    assert known.difference == -10
    assert "10 messages more went out" in in_words(known)


def test_counters_that_are_late_at_the_beginning_are_no_difference() -> None:
    # 14 by the queues, 19 by the counters: published 259, acknowledged 240.
    record = Record().begin().count("preflight", 14, published=259, acknowledged=240).start("drain")
    known = conservation(record.look({"celery": 0}, published=364, acknowledged=364).done("drain").told)

    assert (known.there, known.there_by_counters, known.difference) == (14, 19, 0)


def test_what_was_carried_over_counts() -> None:
    record = in_drain().look({"celery": 12}, published=100, acknowledged=88).done("drain")
    record.tell("messages.moved", step="carry-out", queue="celery", messages=12, to="spool").step("carry-out")
    record.tell("messages.moved", step="carry-in", queue="celery", messages=12, to="broker")

    known = conservation(record.told)

    assert (known.carried, known.given, known.left, known.difference) == (12, 12, 0, 0)


def test_a_plan_changed_in_place_leaves_nothing_behind() -> None:
    assert conservation(Record().begin(strategy="in-place").told).left == 0


def test_the_largest_queues_are_drawn_by_themselves_and_the_rest_as_others() -> None:
    queues = {f"queue-{number:03}": number for number in range(200, 0, -1)}

    known = depths(in_drain().look(queues).look(dict.fromkeys(queues, 0)).told)

    assert known.queues == tuple(f"queue-{number}" for number in (200, 199, 198, 197, 196))
    first = known.runs[0][0]
    assert first.messages == sum(queues.values()) == sum(first.shares) + first.others
    # A look names fifty queues: of the others it is known only how much is in all of them.
    assert known.others == 45


def test_a_long_drain_keeps_its_peaks_its_beginning_and_its_end() -> None:
    record = in_drain()
    for number in range(1440):
        record.look({"celery": 5000 if number == 700 else 1440 - number}, 30)

    (run,) = depths(record.told).runs

    assert len(run) <= 360
    assert (run[0].messages, run[-1].messages, max(look.messages for look in run)) == (1440, 1, 5000)
    assert depths(record.told).looks == 1440


def test_looks_with_a_gap_between_are_not_one_curve() -> None:
    record = in_drain().look({"celery": 9}).look({"celery": 8}).look({"celery": 2}, 3600).look({"celery": 1})

    assert [len(run) for run in depths(record.told).runs] == [2, 2]


def test_a_look_that_failed_is_no_zero() -> None:
    record = in_drain().look({"celery": 9}).tell("step.waiting", 5, step="drain", reason="no answer", detail={})

    assert [look.messages for run in depths(record.told).runs for look in run] == [9]


def test_before_and_after_stand_side_by_side() -> None:
    known = compare(whole().told)

    assert known.broker == ("old/vhost", "new/vhost")
    assert [(pair.name, pair.before, pair.after) for pair in known.add_ons] == [
        ("cloudamqp-old", "cloudamqp:lemur", NONE),
        ("cloudamqp-new", NONE, "cloudamqp:bunny"),
    ]
    assert known.variables == {"CLOUDAMQP_URL": "changed", "NEW_ONE": "added", "SECRET_KEY": "same"}
    assert known.unknown == ()


def test_what_was_not_looked_at_again_is_unknown_and_not_gone() -> None:
    known = compare(in_drain().told)

    assert {pair.after for pair in (*known.connections, *known.attachments, *known.add_ons)} == {UNKNOWN}
    assert not any(pair.differs for pair in (*known.connections, *known.add_ons))
    assert known.compared is False
    assert known.unknown == ("broker, after: nothing is recorded", "app, after: nothing is recorded")


def test_what_a_broker_did_not_say_is_unknown_with_the_reason() -> None:
    record = whole()
    record.count("verify", None, connections=None, consumers=None, unknown=["no answer from x"])

    known = compare(record.told)

    assert {pair.after for pair in known.connections} == {UNKNOWN}
    assert known.unknown == ("broker, after: no answer from x",)


def test_that_an_add_on_is_gone_is_an_answer_and_a_refused_change_is_a_failure() -> None:
    record = Record().call("GET", "/gone", 404).call("DELETE", "/gone", 404).call("GET", "/lost", None)

    known = calls(record.told)

    assert [call.failed for call in known.shown] == [False, True, True]
    assert (known.total, known.changes, known.failed) == (3, 1, 2)


def test_of_very_many_calls_changes_and_failures_are_kept() -> None:
    record = Record().call("POST", "/first").call("GET", "/lost", None)
    for number in range(100):
        record.call("GET", f"/{number}")

    known = calls(record.told, most=10)

    assert [call.path for call in known.shown] == ["/first", "/lost", *(f"/{number}" for number in range(92, 100))]
    assert known.left_out == 92


def test_of_very_many_events_looks_and_calls_are_left_out_first() -> None:
    record = in_drain()
    for _ in range(100):
        record.look({"celery": 1})

    shown, left_out = entries(record.told, most=30)

    assert (len(shown), left_out) == (30, len(record.told) - 30)
    assert [entry.type for entry in shown].count("step.done") == 3


def test_an_event_of_a_kind_that_nobody_knows_is_shown_with_its_fields() -> None:
    assert words("step.dreamt", {"v": 1, "type": "step.dreamt", "of": "sheep"}) == '{"of": "sheep"}'
    assert words("step.done", {"step": "drain"}) == "{}"


def test_every_kind_of_a_whole_migration_has_words() -> None:
    told = {entry.type: entry.text for entry in entries(whole().told)[0]}
    raw = {kind for kind, text in told.items() if text.startswith("{")}

    assert raw == {"app.seen", "broker.counted"}
