"""Every row of the report: silent about an app that does as recommended, and heard about one that does not."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.broker_reports import HELD, a_node, a_queue, queues, workers
from fakes.practice import ADVISED, WITHOUT, answering, healthy_practice
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from migrate.advice.row import Row, Verdict
from migrate.advice.rows import ROWS, rows
from migrate.advice.setting_names import NAMES, NOT_SHOWN, kept
from migrate.advice.severity import on_plan
from migrate.brokers.pasted_copies import Copy
from migrate.brokers.report import QueueCount, Software, Unreadable
from migrate.platform import ProcessType

NOT_READ = Unreadable("the vhost is gone")
UUID = "0b7d7d3e-5f3b-3a53-8d8a-9f3f9d5ab0a1"


def row(code: str, **changes: Any) -> Row:
    """The worst row of a code."""
    found = ROWS[code](healthy_practice(**changes))
    assert {item.code for item in found} == {code}
    return max(found, key=lambda item: list(Verdict).index(item.verdict))


def formation(command: str, web: str = "gunicorn shop.wsgi -w 2", dynos: int = 2) -> tuple[ProcessType, ...]:
    return (ProcessType("web", dynos, web), ProcessType("worker", 1, command))


def with_setting(name: str, value: object) -> dict[str, Any]:
    return {"workers": answering({name: value})}


def test_many_mailboxes_of_workers_that_cannot_be_asked_are_neither_good_nor_bad() -> None:
    many = queues(*(a_queue(f"celery@{number}.celery.pidbox", 0) for number in range(40)))

    assert row("MAILBOXES", queues=many).verdict is Verdict.WARNING
    assert row("MAILBOXES", queues=many, workers=NOT_READ).verdict is Verdict.UNKNOWN
    assert row("MAILBOXES", queues=queues(a_queue("a.celery.pidbox", 0)), workers=NOT_READ).verdict is Verdict.OK


def test_an_app_that_does_as_recommended_is_told_nothing() -> None:
    assert {item.code: item.found for item in rows(healthy_practice()) if item.verdict is not Verdict.OK} == {}
    assert [item.code for item in rows(healthy_practice())] == list(ROWS)


WITHOUT_ONE = {name: WITHOUT.replace(f"--without-{name}", "") for name in ("gossip", "mingle", "heartbeat")}
WAITING = workers(a_node(held=(HELD,), settings=ADVISED))
BAD: list[tuple[str, dict[str, Any], Verdict, str]] = [
    ("BROKER_URL", {"copies": (Copy("QUEUE", "amqps://wolf:***@host/wolf"),)}, Verdict.WARNING, "a pasted copy"),
    ("BROKER_URL", {"variables": frozenset({"CELERY_BROKER_URL"})}, Verdict.WARNING, "set"),
    ("BROKER_URL", {"variables": frozenset({"BROKER_URL"})}, Verdict.WARNING, "set"),
    ("BROKER_URL", with_setting("broker_url", "elsewhere.com/v"), Verdict.WARNING, "elsewhere.com/v with"),
    (
        "BROKER_URL",
        {"formation": formation("celery -A s -b $X worker -c 2")},
        Verdict.ADVICE,
        "-b on the command line",
    ),
    ("BROKER_POOL_LIMIT", with_setting("broker_pool_limit", 4), Verdict.DANGER, "4"),
    ("BROKER_POOL_LIMIT", with_setting("broker_pool_limit", 0), Verdict.DANGER, "0"),
    ("BROKER_POOL_LIMIT", with_setting("broker_pool_limit", None), Verdict.DANGER, "None"),
    (
        "BROKER_POOL_LIMIT",
        {"workers": answering(without=("broker_pool_limit",))},
        Verdict.DANGER,
        "10 (Celery's default)",
    ),
    (
        "BROKER_HEARTBEAT",
        {"workers": answering(without=("broker_heartbeat",))},
        Verdict.ADVICE,
        "120 (Celery's default)",
    ),
    ("BROKER_CONNECTION_TIMEOUT", with_setting("broker_connection_timeout", 4), Verdict.ADVICE, "4"),
    ("RESULT_BACKEND", with_setting("result_backend", "rpc"), Verdict.DANGER, "rpc"),
    ("RESULT_BACKEND", with_setting("result_backend", "amqp"), Verdict.DANGER, "amqp"),
    ("WORKER_SEND_TASK_EVENTS", with_setting("worker_send_task_events", True), Verdict.DANGER, "True"),
    (
        "WORKER_SEND_TASK_EVENTS",
        {"formation": formation(f"celery -A shop worker -E {WITHOUT} -c 2")},
        Verdict.DANGER,
        "-E",
    ),
    ("EVENT_QUEUE_EXPIRES", with_setting("event_queue_expires", 86400), Verdict.WARNING, "86400"),
    ("EVENT_QUEUE_EXPIRES", with_setting("event_queue_expires", None), Verdict.WARNING, "None"),
    ("EAGER_SUPPORT", {"workers": answering(without=("eager_outside_workers",))}, Verdict.ADVICE, "no worker shows"),
    ("EAGER_SUPPORT", with_setting("task_always_eager", True), Verdict.DANGER, "celery@one is eager"),
    *(
        (
            f"WITHOUT_{name.upper()}",
            {"formation": formation(f"celery -A shop worker {without} -c 2")},
            Verdict.ADVICE if name == "mingle" else Verdict.DANGER,
            f"no --without-{name}",
        )
        for name, without in WITHOUT_ONE.items()
    ),
    ("CONCURRENCY", {"formation": formation(f"celery -A shop worker {WITHOUT}")}, Verdict.DANGER, "no -c"),
    ("OPTION_POSITION", {"formation": formation("celery -A shop -c 2 worker")}, Verdict.DANGER, "-c before worker"),
    ("OPTION_POSITION", {"formation": formation("celery worker -A shop")}, Verdict.DANGER, "-A behind it"),
    (
        "WEB_PROCESSES",
        {"formation": formation("celery -A shop worker", "gunicorn shop.wsgi -w 12")},
        Verdict.DANGER,
        "up to 24 connections of 20",
    ),
    (
        "WEB_PROCESSES",
        {"formation": formation("celery -A shop worker", "gunicorn shop.wsgi -w 6")},
        Verdict.WARNING,
        "up to 12 connections of 20",
    ),
    ("WEB_PROCESSES", with_setting("broker_pool_limit", 0), Verdict.DANGER, "each without a bound"),
    ("EVENT_QUEUES", {"queues": queues(a_queue("celeryev.x", 99_999))}, Verdict.DANGER, "1 queue, 99999 messages"),
    (
        "EVENT_QUEUES",
        {"queues": queues(*(a_queue(f"celeryev.{n}") for n in range(40)))},
        Verdict.WARNING,
        "40 queues",
    ),
    ("MAILBOXES", {"queues": queues(a_queue("celery@old.celery.pidbox", 150))}, Verdict.WARNING, "150 messages"),
    (
        "RESULT_QUEUES",
        {"queues": queues(QueueCount(UUID, 500, 0, auto_delete=True))},
        Verdict.WARNING,
        "1 queue, 500 messages",
    ),
    ("QUEUE_LIMIT", {"queue_limit": 1}, Verdict.DANGER, "1 of 1"),
    ("QUEUE_LIMIT", {"queues": queues(*(a_queue(str(n)) for n in range(85)))}, Verdict.WARNING, "85 of 100"),
    ("QUEUE_TYPES", {"queues": queues(a_queue(type_="quorum"))}, Verdict.WARNING, "quorum: celery"),
    (
        "QUEUE_TYPES",
        {"queues": queues(a_queue(type_="quorum")), "software": (Software((5, 4, 0), (5, 4, 0)),)},
        Verdict.DANGER,
        "before 5.5",
    ),
    ("QUEUE_TYPES", {"queues": queues(a_queue("celery_delayed_3"))}, Verdict.WARNING, "1 queue for delays"),
    (
        "VERSIONS",
        {"version": "4.3.1", "software": (Software((5, 6, 0), (5, 6, 0)),)},
        Verdict.DANGER,
        "RabbitMQ 4.3.1, Celery 5.6.0, kombu 5.6.0",
    ),
    (
        "VERSIONS",
        {"version": "4.3.1", "workers": workers(a_node(held=(HELD,), settings=ADVISED))},
        Verdict.WARNING,
        "4.3.1",
    ),
]


@pytest.mark.parametrize(("code", "changes", "verdict", "found"), BAD)
def test_what_is_not_as_recommended_is_told_with_how_to_change_it(
    code: str, changes: dict[str, Any], verdict: Verdict, found: str
) -> None:
    seen = row(code, **changes)

    assert (seen.verdict, found in seen.found) == (verdict, True), seen
    assert seen.why
    assert seen.celery
    assert seen.django
    assert seen.source.startswith("https://")


def test_every_row_has_a_case_in_which_it_is_heard() -> None:
    assert {code for code, *_ in BAD} == set(ROWS)


NOTHING_READ = dict.fromkeys(
    (
        "workers",
        "software",
        "version",
        "queues",
        "clients",
        "consumers",
        "connection_limit",
        "queue_limit",
        "copies",
        "address",
    ),
    NOT_READ,
)


def test_what_could_not_be_read_is_not_known_and_never_ok() -> None:
    found = {item.code: item for item in rows(healthy_practice(**NOTHING_READ))}

    by_command = {"WITHOUT_GOSSIP", "WITHOUT_MINGLE", "WITHOUT_HEARTBEAT", "CONCURRENCY", "OPTION_POSITION"}
    assert {code for code, item in found.items() if item.verdict is not Verdict.UNKNOWN} == by_command
    assert all("the vhost is gone" in item.found for code, item in found.items() if code not in by_command)


def test_without_an_answer_from_any_worker_no_setting_is_known() -> None:
    nobody = replace(workers(), nodes=())
    found = {item.code: item for item in rows(healthy_practice(workers=nobody, software=()))}

    unknown = {code for code, item in found.items() if item.verdict is Verdict.UNKNOWN}
    assert unknown >= {"BROKER_URL", "BROKER_POOL_LIMIT", "EVENT_QUEUE_EXPIRES", "EAGER_SUPPORT", "VERSIONS"}
    assert found["BROKER_POOL_LIMIT"].found == "not known: no worker answered"


@pytest.mark.parametrize("software", [NOT_READ, (Software(None, None),)])
def test_a_default_is_not_known_without_the_version_of_celery(software: Any) -> None:
    seen = row("BROKER_POOL_LIMIT", workers=answering(without=("broker_pool_limit",)), software=software)

    assert (seen.verdict, "which version of Celery runs is not known" in seen.found) == (Verdict.UNKNOWN, True)


def test_a_worker_behind_a_script_is_not_known_and_no_worker_is_none() -> None:
    assert row("WITHOUT_GOSSIP", formation=formation("bin/worker")).verdict is Verdict.UNKNOWN
    assert row("WITHOUT_GOSSIP", formation=formation("bin/worker")).found.endswith(
        "the command of worker shows no worker"
    )
    none = row("WITHOUT_GOSSIP", formation=(ProcessType("web", 1, "gunicorn shop.wsgi"),))
    assert (none.verdict, none.found) == (Verdict.OK, "no Celery worker")


def test_options_in_a_variable_that_nobody_knows_may_be_those_that_are_missing() -> None:
    changes = {"formation": formation("celery -A shop worker $OPTIONS")}

    assert row("WITHOUT_GOSSIP", **changes).verdict is Verdict.UNKNOWN
    assert row("CONCURRENCY", **changes).verdict is Verdict.UNKNOWN


def test_a_concurrency_in_the_settings_is_one_that_was_chosen() -> None:
    seen = row("CONCURRENCY", formation=formation("celery -A s worker"), **with_setting("worker_concurrency", 3))

    assert (seen.verdict, seen.found) == (Verdict.OK, "worker_concurrency 3")


def test_a_text_in_the_place_of_a_number_is_told_from_it_and_a_value_that_is_not_shown_is_not_known() -> None:
    text = row("BROKER_POOL_LIMIT", **with_setting("broker_pool_limit", "1"))
    hidden = row("BROKER_POOL_LIMIT", **with_setting("broker_pool_limit", NOT_SHOWN))

    assert (text.verdict, text.found) == (Verdict.DANGER, "'1'")
    assert hidden.verdict is Verdict.UNKNOWN


SETTINGS = st.dictionaries(
    st.sampled_from([*NAMES, "CELERY_BROKER_POOL_LIMIT", "SECRET_KEY"]),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())),
)
COMMANDS = st.sampled_from(
    ["", "bin/worker", "celery -A s worker -c $N", "celery worker $OPTIONS", "gunicorn -w $N s"]
)


# Slow on a busy machine, which says nothing of the rows.
@given(SETTINGS, COMMANDS, COMMANDS)
def test_no_practice_is_too_strange_and_every_row_says_what_was_found(
    settings: dict[str, object], web: str, worker: str
) -> None:
    practice = healthy_practice(
        workers=workers(a_node(settings=kept(settings))), formation=formation(worker, web), connection_limit=None
    )

    found = rows(practice)

    assert {item.code for item in found} == set(ROWS)
    assert all(item.found and item.recommended and item.why for item in found)


def test_workers_that_differ_have_a_row_each() -> None:
    two = workers(
        a_node("celery@one", settings=ADVISED), a_node("celery@two", settings={**ADVISED, "broker_pool_limit": 5})
    )
    found = ROWS["BROKER_POOL_LIMIT"](healthy_practice(workers=two))

    assert [(item.subject, item.verdict) for item in found] == [
        ("broker_pool_limit of celery@one", Verdict.OK),
        ("broker_pool_limit of celery@two", Verdict.DANGER),
    ]


@pytest.mark.parametrize(
    ("plan", "pool_limit", "gossip"),
    [
        ("cloudamqp:lemur", Verdict.DANGER, Verdict.DANGER),
        ("cloudamqp:lemming", Verdict.DANGER, Verdict.DANGER),
        ("cloudamqp:tiger", Verdict.WARNING, Verdict.DANGER),
        ("cloudamqp:squirrel-1", Verdict.ADVICE, Verdict.ADVICE),
        ("cloudamqp:bunny-1", Verdict.ADVICE, Verdict.ADVICE),
    ],
)
def test_how_bad_it_is_depends_on_the_plan(plan: str, pool_limit: Verdict, gossip: Verdict) -> None:
    practice = on_plan(
        healthy_practice(formation=formation("celery -A shop worker -c 2"), **with_setting("broker_pool_limit", 10)),
        plan,
    )

    assert ROWS["BROKER_POOL_LIMIT"](practice)[0].verdict is pool_limit
    assert ROWS["WITHOUT_GOSSIP"](practice)[0].verdict is gossip


def test_before_a_migration_an_app_that_does_not_read_the_variable_is_warned() -> None:
    ignoring = {"workers": answering(without=("eager_outside_workers",)), "is_to_move": True}

    assert row("EAGER_SUPPORT", **ignoring).verdict is Verdict.WARNING
