"""The formula of CloudAMQP's page and the corrected estimate, of one process type and of an app."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.advice.connection_budget import NO_BOUND, OWN, Kind, Usage, budget, estimate


def a_worker(**changes: Any) -> Usage:
    return Usage(**{"type": "worker", "kind": Kind.WORKER, "dynos": 1, "processes": 4, "pool_limit": 1, **changes})


def a_web(**changes: Any) -> Usage:
    return Usage(**{"type": "web", "kind": Kind.WEB, "dynos": 2, "processes": 3, "pool_limit": 1, **changes})


@pytest.mark.parametrize(
    ("changes", "connections"),
    [
        # Those that docs/connections.md shows as measured.
        ({"processes": 1}, 3),
        ({}, 6),
        ({"processes": 8}, 10),
        ({"pool_limit": 10}, 6),
        ({"events": True}, 7),
        ({"beat": True}, 7),
        ({"dynos": 2}, 12),
        ({"pool": "threads"}, 2),
        ({"pool": "threads", "pool_limit": 2}, 3),
        ({"pool": "threads", "pool_limit": 10}, 6),
        ({"pool": "gevent", "pool_limit": 10, "processes": 100}, 11),
        ({"pool": "solo", "pool_limit": 10}, 2),
        # A pool that nobody knows may have a process for each of its slots.
        ({"pool": "unknown"}, 6),
        ({"dynos": 0}, 0),
    ],
)
def test_a_worker_needs_one_to_consume_and_one_for_each_that_publishes_at_once(
    changes: dict[str, Any], connections: int
) -> None:
    found = estimate(a_worker(**changes))

    assert (found.connections, found.unknown) == (connections, ())


@pytest.mark.parametrize(
    ("changes", "connections"),
    [
        ({}, 6),
        ({"threads": 4}, 6),
        ({"threads": 4, "pool_limit": 2}, 12),
        ({"threads": 4, "pool_limit": 10}, 24),
        ({"threads": 2, "pool_limit": 10, "results": True}, 24),
    ],
)
def test_a_web_process_needs_one_for_each_thread_within_the_pool_limit(
    changes: dict[str, Any], connections: int
) -> None:
    assert estimate(a_web(**changes)).connections == connections


def test_the_formula_is_that_of_the_page() -> None:
    found = budget((a_web(pool_limit=3), a_worker(dynos=2, pool_limit=3), Usage("clock", Kind.BEAT, 1, pool_limit=3)))

    assert found.formula == 3 * (2 * 3 + 2 * 4)


def test_a_release_has_old_and_new_dynos_but_no_second_one_off() -> None:
    found = budget((a_web(), a_worker(), Usage("run", Kind.ONE_OFF, 1, pool_limit=1, restarted=False)))

    assert (found.connections, found.in_a_release) == (6 + 6 + 1 + OWN, 2 * 12 + 1 + OWN)


def test_without_a_pool_limit_there_is_no_bound_and_no_figure_pretends_to_be_one() -> None:
    found = budget((a_worker(pool_limit=NO_BOUND),))

    assert (found.formula, found.connections - OWN) == (0, 1)
    assert "no bound" in found.unknown[0]


@pytest.mark.parametrize("missing", ["pool_limit", "processes", "threads"])
def test_what_is_not_known_makes_the_estimate_a_lower_bound_that_is_said_to_be_one(missing: str) -> None:
    known = {"pool_limit": 4, "processes": 3, "threads": 2}

    found = budget((a_web(**{**known, missing: None}),))

    assert "not known" in found.unknown[0]
    assert found.connections < budget((a_web(**known),)).connections
    assert (found.formula is None) == (missing != "threads")


def test_nothing_is_unknown_about_a_process_type_that_has_no_dynos() -> None:
    assert budget((a_web(dynos=0, processes=None),)).unknown == ()


def test_with_a_pool_limit_of_1_it_does_not_matter_how_many_threads_there_are() -> None:
    assert budget((a_web(threads=None),)).unknown == ()


def test_what_is_open_beyond_the_estimate_counts() -> None:
    assert budget((a_worker(),), really_open=20).connections == 20 + OWN
    assert budget((a_worker(),), really_open=3).connections == 6 + OWN


@pytest.mark.parametrize(("pool_limit", "connections"), [(10, 12), (50, 20)])
def test_flower_listens_and_asks_within_its_pool(pool_limit: int, connections: int) -> None:
    assert estimate(Usage("flower", Kind.FLOWER, 1, pool_limit=pool_limit)).connections == connections
