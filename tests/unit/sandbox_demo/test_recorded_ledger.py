"""What the recorder writes of an app that knows nothing of it, judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from migrate.sandbox.rehearsal.judgement import KindCount, judged

if TYPE_CHECKING:
    from migrate.sandbox.rehearsal.judgement import Judgement

NOW = datetime(2026, 11, 25, tzinfo=UTC)
Life = list[dict[str, Any]]


def judge(*lives: Life) -> Judgement:
    return judged([record for life in lives for record in life], (), NOW)


def offered(task_id: str, *then: str, expires: datetime | None = None) -> Life:
    """Given a task and those that follow it one after another, return the record before its publish."""
    before = (task_id, *then)
    carried = [{"id": b, "name": f"shop.{b}", "after": [a]} for a, b in zip(before, then, strict=False)]
    due = expires and expires.isoformat()
    return [{"what": "offered", "id": task_id, "name": f"shop.{task_id}", "promised": carried, "expires": due}]


def handed(task_id: str, *then: str) -> Life:
    return [*offered(task_id, *then), {"what": "handed", "id": task_id, "name": f"shop.{task_id}"}]


def started(task_id: str, where: str = "worker") -> Life:
    return [{"what": "started", "id": task_id, "name": f"shop.{task_id}", "where": where}]


def ran(task_id: str, state: str = "SUCCESS", where: str = "worker") -> Life:
    return [*started(task_id, where), {"what": "finished", "id": task_id, "where": where, "state": state}]


def test_a_chain_that_was_executed_to_its_end_is_clean() -> None:
    judgement = judge(
        handed("a", "b", "c"), ran("a"), handed("b", "c"), ran("b"), handed("c"), ran("c", where="inline")
    )

    assert (judgement.handed_over, judgement.executed) == (3, 3)
    assert (judgement.on_worker, judgement.inline) == (2, 1)
    assert judgement.clean


def test_the_rest_of_a_chain_is_owed_as_soon_as_its_first_task_is_handed_over() -> None:
    judgement = judge(handed("a", "b", "c"))

    assert judgement.lost == ("a", "b", "c")
    assert judgement.names["shop.c"] == KindCount(1, 0, 1, 0)


def test_an_eager_worker_that_forgets_the_tail_of_a_chain_has_lost_all_of_it() -> None:
    judgement = judge(handed("a", "b", "c", "d"), ran("a"), ran("b", where="inline"))

    assert judgement.lost == ("c", "d")
    assert not judgement.clean


def test_a_chain_ends_rightly_with_the_task_that_raises() -> None:
    judgement = judge(handed("a", "b", "c"), ran("a", "FAILURE"))

    assert (judgement.handed_over, judgement.executed, judgement.raised) == (1, 1, ("a",))
    assert judgement.clean


def test_a_chain_whose_first_task_was_refused_is_owed_to_nobody() -> None:
    judgement = judge(offered("a", "b"))

    assert (judgement.handed_over, judgement.refused) == (0, ("a",))
    assert judgement.clean


def test_the_rest_of_a_chain_that_its_worker_could_not_publish_is_lost() -> None:
    """Nobody is told: the worker only sees the task at hand fail."""
    judgement = judge(handed("a", "b"), started("a"), offered("b"), ran("a", "FAILURE")[1:])

    assert judgement.lost == ("b",)


def test_a_chord_waits_for_all_of_its_header() -> None:
    def header(task_id: str) -> Life:
        body = {"id": "body", "name": "shop.body", "after": [task_id]}
        return [offered(task_id)[0] | {"promised": [body]}, {"what": "handed", "id": task_id, "name": "shop.header"}]

    both = [*header("one"), *ran("one"), *header("two")]

    assert judge(both, ran("two")).lost == ("body",)
    assert judge(both, ran("two", "FAILURE")).clean
    assert judge(both, ran("two"), handed("body"), ran("body")).clean


def test_a_retry_that_could_not_be_published_is_lost() -> None:
    retry = [*started("a"), *offered("a"), {"what": "retried", "id": "a"}]

    assert judge(handed("a"), retry).lost == ("a",)
    assert judge(handed("a"), retry, ran("a")).clean


def test_a_task_that_was_revoked_is_missed_by_nobody_nor_is_what_waits_for_it() -> None:
    judgement = judge(handed("a", "b"), [{"what": "revoked", "id": "a"}])

    assert (judgement.handed_over, judgement.revoked) == (0, ("a",))
    assert judgement.clean


def test_a_task_that_was_stopped_in_its_run_by_a_revoke_is_not_running() -> None:
    assert judge(handed("a"), started("a"), [{"what": "revoked", "id": "a"}]).clean


def test_a_task_may_be_dropped_once_it_has_expired_and_not_before() -> None:
    soon, past = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)

    assert judge(handed("a"), offered("a", expires=soon)).lost == ("a",)
    assert judge(handed("a"), offered("a", expires=past)).revoked == ("a",)
    assert judge(handed("a"), offered("a", expires=past), started("a")).running == ("a",)


def test_a_task_after_one_without_an_id_cannot_be_followed() -> None:
    life = [offered("a")[0] | {"promised": [{"id": "c", "name": "shop.c", "after": [""]}]}, *ran("a")]

    assert judge(life).clean
    assert judge(life, handed("c")).lost == ("c",)


def test_a_task_of_a_publisher_that_is_not_on_record_is_in_doubt() -> None:
    judgement = judge(ran("stray"))

    assert (judgement.handed_over, judgement.unknown) == (0, ("stray",))
    assert not judgement.clean
