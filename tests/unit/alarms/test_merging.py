"""What is done on a new instance so that it has the old one's alarms beside its own."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.alarms.merging import merged, missing_recipients, same_recipients
from migrate.alarms.shapes import Alarm, Alarms, Recipient
from migrate.secrets import Secret

OPS = Recipient(11, "email", "Default", "ops@example.com")
PAGER = Recipient(12, "pagerduty", "pager", key=Secret("canary-of-the-pager"))
NEW_OPS = Recipient(1, "email", "Default", "ops@example.com")
NEW_PAGER = Recipient(5, "pagerduty", "other name", key=Secret("canary-of-the-pager"))
NUMBERS = {11: 1, 12: 5}


def alarm(number: int, kind: str, *recipients: int, enabled: bool = True, **settings: Any) -> Alarm:
    return Alarm(number, kind, enabled, settings, recipients)


QUEUE = alarm(21, "queue", 11, 12, value_threshold=1000, vhost_regex=".*", queue_regex="celery")
NOTICE = alarm(22, "notice")


def merge(
    old: tuple[Alarm, ...], new: tuple[Alarm, ...], numbers: dict[int, int] | None = None, *, shared: bool = False
) -> Any:
    return merged(Alarms(old, (OPS, PAGER)), Alarms(new), NUMBERS if numbers is None else numbers, shared=shared)


def test_recipients_are_the_same_when_they_lead_to_the_same_place() -> None:
    old, new = Alarms(recipients=(OPS, PAGER)), Alarms(recipients=(NEW_OPS, NEW_PAGER))

    assert missing_recipients(old, new) == ()
    assert same_recipients(old, new) == NUMBERS
    assert missing_recipients(old, Alarms(recipients=(NEW_OPS,))) == (PAGER,)


def test_a_recipient_whose_key_is_not_known_is_like_no_other() -> None:
    forgotten = Recipient(12, "pagerduty", "pager")

    assert missing_recipients(Alarms(recipients=(forgotten,)), Alarms(recipients=(forgotten,))) == (forgotten,)


def test_an_alarm_that_is_missing_is_added_with_whom_it_tells_there() -> None:
    plan = merge((QUEUE,), (NOTICE,))

    assert plan.add == (alarm(21, "queue", 1, 5, **QUEUE.settings),)
    assert (plan.change, plan.by_hand) == ((), ())


def test_an_alarm_that_is_there_like_that_is_left_alone() -> None:
    there = alarm(7, "queue", 5, 1, **QUEUE.settings)
    assert merge((QUEUE, NOTICE), (there, alarm(8, "notice"))) == merge((), ())


@pytest.mark.parametrize(
    "there",
    [
        alarm(7, "queue", 1, 5, **{**QUEUE.settings, "value_threshold": 5}),
        alarm(7, "queue", 1, **QUEUE.settings),
        alarm(7, "queue", 1, 5, enabled=False, **QUEUE.settings),
    ],
)
def test_an_alarm_of_the_new_instances_own_is_set_as_the_old_one_was(there: Alarm) -> None:
    plan = merge((QUEUE,), (there,))

    assert plan.change == (alarm(7, "queue", 1, 5, **QUEUE.settings),)
    assert plan.add == ()


def test_alarms_of_other_queues_are_other_alarms() -> None:
    other = alarm(7, "queue", 1, 5, **{**QUEUE.settings, "queue_regex": "audit"})
    assert merge((QUEUE,), (other,)).add != ()


def test_two_alarms_that_differ_by_their_limits_alone_stay_two() -> None:
    more = alarm(23, "queue", 11, **{**QUEUE.settings, "value_threshold": 9000})
    plan = merge((QUEUE, more), (alarm(7, "queue", 1, 5, **QUEUE.settings),))

    assert plan.change == ()
    assert [item.settings["value_threshold"] for item in plan.add] == [9000]


def test_the_notice_alarm_is_changed_and_never_added() -> None:
    told = alarm(22, "notice", 12)

    assert merge((told,), (alarm(8, "notice"),)).change == (alarm(8, "notice", 5),)
    without = merge((told,), ())
    assert without.add == ()
    assert "notice alarm, to pager (pagerduty)" in without.by_hand[0]


def test_a_kind_that_shared_plans_do_not_have_is_left_to_the_operator() -> None:
    memory = alarm(24, "memory", 11, value_threshold=90)

    assert merge((memory,), ()).add != ()
    plan = merge((memory, QUEUE), (), shared=True)
    assert [item.kind for item in plan.add] == ["queue"]
    assert (
        "memory alarm, value_threshold 90, to Default (ops@example.com): the new plan has no such alarm"
        in plan.by_hand
    )


def test_an_alarm_that_misses_somebody_tells_the_others_and_the_operator() -> None:
    plan = merge((QUEUE,), (), {11: 1})

    assert [item.recipients for item in plan.add] == [(1,)]
    assert len(plan.by_hand) == 1
    assert "not all whom it tells" in plan.by_hand[0]


def test_an_alarm_that_misses_all_whom_it_tells_is_not_made_to_tell_everybody() -> None:
    plan = merge((QUEUE,), (), {})

    assert plan.add == ()
    assert len(plan.by_hand) == 1


def test_an_alarm_that_tells_everybody_goes_on_doing_so() -> None:
    assert merge((alarm(21, "flow"),), (), {}).add == (alarm(21, "flow"),)


def test_a_pattern_that_names_the_old_vhost_names_the_new_one() -> None:
    named = alarm(21, "queue", vhost_regex="^abcdefgh$")
    moved = Alarms((named, QUEUE)).of_vhost("abcdefgh", "ijklmnop")

    assert [item.settings["vhost_regex"] for item in moved.alarms] == ["^ijklmnop$", ".*"]


def test_what_is_written_down_has_no_key_and_all_the_rest() -> None:
    both = Alarms((QUEUE, NOTICE), (OPS, PAGER))
    written = both.to_json()

    assert "canary" not in repr(written) + repr(both)
    assert Alarms.from_json(written) == Alarms((QUEUE, NOTICE), (OPS, Recipient(12, "pagerduty", "pager")))


@pytest.mark.parametrize(
    ("pattern", "moved"),
    [
        ("^abc$", "^xyz$"),
        (r"\babc\b|other", r"\bxyz\b|other"),
        ("abc.*", "xyz.*"),
        ("^abcdef$", "^abcdef$"),
        ("my-abc", "my-abc"),
        (".*", ".*"),
    ],
)
def test_only_a_whole_name_of_a_vhost_becomes_the_new_one(pattern: str, moved: str) -> None:
    named = alarm(21, "queue", vhost_regex=pattern)

    (found,) = Alarms((named,)).of_vhost("abc", "xyz").alarms

    assert found.settings["vhost_regex"] == moved
