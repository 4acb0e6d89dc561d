"""How each process type uses the broker, by its command line and what the workers answer."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.broker_reports import a_node, workers
from fakes.practice import WITHOUT, answering
from msgspec.structs import replace

from migrate.advice.connection_budget import NO_BOUND, Kind, Usage
from migrate.advice.connection_usages import pool_limit, usages
from migrate.advice.process_commands import read_commands
from migrate.brokers.report import Unreadable, WorkerReport
from migrate.platform import Dyno, ProcessType

SILENT = Unreadable("no AMQP connection")


def of(
    *types: ProcessType, workers_: WorkerReport | Unreadable | None = None, dynos: tuple[Dyno, ...] = ()
) -> tuple[Usage, ...]:
    return usages(types, read_commands(types, {}), workers_ or answering(), dynos)


def worker(options: str = f"{WITHOUT} -c 2") -> ProcessType:
    return ProcessType("worker", 1, f"celery -A shop worker {options}")


def test_each_process_type_is_what_it_runs() -> None:
    found = of(
        ProcessType("web", 2, "gunicorn shop.wsgi -w 3"),
        worker(),
        ProcessType("clock", 1, "celery -A shop beat"),
        ProcessType("flower", 1, "celery -A shop flower"),
        ProcessType("other", 1, "bin/start-other"),
        ProcessType("release", 1, "bin/migrate"),
    )

    assert {item.type: item.kind for item in found} == {
        "web": Kind.WEB,
        "worker": Kind.WORKER,
        "clock": Kind.BEAT,
        "flower": Kind.FLOWER,
        "other": Kind.OTHER,
    }
    assert [item.type for item in found if item.doubts] == ["other"]


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (f"{WITHOUT} -c 2", {"processes": 2, "events": False}),
        ("-c 2", {"events": True}),
        ("--without-gossip --without-mingle", {"events": True}),
        ("--without-gossip --without-heartbeat", {"events": False}),
        (f"{WITHOUT} -E", {"events": True}),
        (f"{WITHOUT} -B", {"beat": True}),
        (f"{WITHOUT} -P threads -c 9", {"pool": "threads", "processes": 9}),
        (f"{WITHOUT} --autoscale 7,1", {"processes": 7}),
    ],
)
def test_a_worker_is_read_from_its_command_line(options: str, changes: dict[str, Any]) -> None:
    (found,) = of(worker(options))

    assert found == replace(found, **changes)


def test_a_concurrency_that_no_command_line_says_is_what_the_running_workers_have() -> None:
    told = WorkerReport((replace(a_node(), size=8), replace(a_node("celery@two"), size=4)))

    assert of(worker(WITHOUT), workers_=told)[0].processes == 8
    assert of(worker(WITHOUT), workers_=SILENT)[0].processes is None


@pytest.mark.parametrize(
    ("settings", "limit"),
    [({}, 10), ({"broker_pool_limit": 3}, 3), ({"BROKER_POOL_LIMIT": 3}, 3), ({"CELERY_BROKER_POOL_LIMIT": 0}, 0)],
)
def test_the_pool_limit_is_what_the_workers_say_or_celerys_own(settings: dict[str, object], limit: int) -> None:
    assert pool_limit(workers(a_node(settings=settings))) == limit


def test_the_largest_pool_limit_counts_and_none_is_larger_than_all() -> None:
    five, three, none = (a_node(str(n), settings={"broker_pool_limit": n}) for n in (5, 3, None))

    assert pool_limit(workers(five, three)) == 5
    assert pool_limit(workers(five, none)) == NO_BOUND


@pytest.mark.parametrize("told", [SILENT, WorkerReport(()), workers(a_node(settings={"broker_pool_limit": "many"}))])
def test_a_pool_limit_that_nobody_says_is_not_known(told: WorkerReport | Unreadable) -> None:
    assert pool_limit(told) is None


def test_results_by_rpc_are_seen() -> None:
    assert of(worker(), workers_=answering({"result_backend": "rpc"}))[0].results
    assert not of(worker(), workers_=answering({"result_backend": "redis"}))[0].results


@pytest.mark.parametrize(
    ("command", "threads"),
    [
        ("gunicorn shop.wsgi -w 2", 1),
        ("gunicorn shop.wsgi -w 2 --threads 4", 4),
        ("gunicorn shop.wsgi -w 2 -k gevent", None),
        ("gunicorn shop.asgi -w 2 -k uvicorn.workers.UvicornWorker", None),
        ("uvicorn shop.asgi --workers 2", None),
        ("waitress-serve --threads 6 shop:app", 6),
        ("bin/web", None),
    ],
)
def test_how_many_of_a_web_process_publish_at_once_is_known_of_threads_alone(
    command: str, threads: int | None
) -> None:
    assert of(ProcessType("web", 1, command))[0].threads == threads


def test_a_one_off_dyno_stays_through_a_release_and_may_be_a_worker() -> None:
    shell = Dyno("id-1", "run.1", "run", "up", 7, "python manage.py shell")
    more = Dyno("id-2", "run.2", "run", "up", 7, f"celery -A shop worker {WITHOUT} -c 3")

    _, one, two = of(worker(), dynos=(Dyno("id-3", "worker.1", "worker", "up", 7), shell, more))

    assert (one.kind, one.dynos, one.restarted) == (Kind.ONE_OFF, 1, False)
    assert (two.kind, two.processes, two.restarted) == (Kind.WORKER, 3, False)


def test_options_in_a_variable_are_a_doubt() -> None:
    (found,) = of(worker("$CELERY_OPTIONS"))

    assert "$CELERY_OPTIONS" in found.doubts[0]
