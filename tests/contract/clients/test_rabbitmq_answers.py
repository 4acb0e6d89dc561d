"""The management API as another server, a proxy or a broken line might answer it."""

from __future__ import annotations

import gzip
import json
import socket
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes.http_server import Answer, Asked, as_html, as_json, serving

from migrate.brokers.address import BrokerAddress
from migrate.brokers.queues import BY_RULE
from migrate.brokers.report import BrokerUnreadable, Consumer, Inventory, QueueCount, QueueReport
from migrate.clients.rabbitmq import RabbitMQ
from migrate.sandbox.ports import free_port
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.contract

CANARY = "canary/of:the@broker %41"
ELSEWHERE = BrokerAddress("amqp", "127.0.0.1", 5672, "someone", Secret(CANARY), "a/b %2F")
COUNTED = {"name": "celery", "messages_ready": 3, "messages_unacknowledged": 2, "type": "classic", "state": "running"}


def asked_of(answer: Answer | Callable[[Asked], Answer]) -> tuple[QueueReport, list[Asked]]:
    """Return what the client makes of an answer to the listing of queues, and what it asked."""
    with serving(answer) as server:
        client = RabbitMQ(ELSEWHERE, server.url)
        with client.session:
            return client.queues(), server.asked


def test_a_port_where_nobody_listens_is_unreadable() -> None:
    client = RabbitMQ(ELSEWHERE, f"http://127.0.0.1:{free_port()}")
    for read in (client.queues, client.consumers, client.version):
        with pytest.raises(BrokerUnreadable, match="no answer"):
            read()


@pytest.mark.parametrize(
    ("overview", "version"),
    [
        ({"rabbitmq_version": "4.1.4", "product_name": "RabbitMQ"}, "4.1.4"),
        ({"lavinmq_version": "2.4.1"}, "LavinMQ 2.4.1"),
        ({}, "unknown"),
    ],
)
def test_a_server_says_which_one_it_is(overview: dict[str, str], version: str) -> None:
    with serving(as_json(overview)) as server:
        client = RabbitMQ(ELSEWHERE, server.url)
        with client.session:
            assert client.version() == version


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (as_html("Log in"), "did not answer JSON"),
        (Answer(b'[{"name": "celery", "mess'), "did not answer JSON"),
        (Answer(b""), "did not answer JSON"),
        (as_html("Bad gateway", 502), "HTTP 502"),
        (as_json([], 503), "HTTP 503"),
        (Answer(b"[]", 302, {"Location": "/login"}), "HTTP 302"),
        (as_json({"items": [], "page": 1}), "a page without page_count"),
        (as_json({"error": "not_found", "reason": "Object Not Found"}), "not a list"),
        (as_json({"items": {"name": "celery"}, "page_count": 1, "total_count": 1}), "not a list"),
        (as_json({"items": [COUNTED], "page_count": 1, "total_count": "1"}), "a page without total_count"),
        (as_json({"items": [COUNTED], "page_count": 9999, "total_count": 1}), "9999 pages are too many"),
        (as_json("[]"), "not a list of objects"),
        (as_json(0), "not a list of objects"),
        (as_json(None), "not a list of objects"),
        (Answer(b"[" * 100_000), "did not answer JSON"),
        (as_json(["celery"]), "not a list of objects"),
        (as_json([COUNTED, {"name": "fresh"}]), "queue fresh has no counts"),
        (as_json([{**COUNTED, "messages_unacknowledged": None}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages_ready": "0"}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages_ready": -1}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages_ready": False}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages_ready": 0.0}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages": "5"}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages_delayed": None}]), "queue celery has no counts"),
        (Answer(gzip.compress(b'[{"name": "celery"}]')[:-9], headers={"Content-Encoding": "gzip"}), "."),
        (as_json([{**COUNTED, "name": None}]), "without a name"),
    ],
)
def test_an_answer_of_another_shape_is_unreadable_and_never_zero(answer: Answer, reason: str) -> None:
    with pytest.raises(BrokerUnreadable, match=reason):
        asked_of(answer)


@pytest.mark.parametrize("consumer", [{}, {"queue": {}}, {"queue": {"name": "q"}, "channel_details": []}])
def test_a_consumer_without_its_names_is_unreadable(consumer: dict[str, Any]) -> None:
    with serving(as_json([consumer])) as server:
        client = RabbitMQ(ELSEWHERE, server.url)
        with client.session, pytest.raises(BrokerUnreadable, match="a consumer without"):
            client.consumers()


def test_a_consumer_is_read_from_its_queue_and_channel() -> None:
    item = {"queue": {"name": "celery"}, "channel_details": {"connection_name": "1 -> 2"}}
    with serving(as_json([item])) as server:
        client = RabbitMQ(ELSEWHERE, server.url)
        with client.session:
            assert client.consumers() == (Consumer("celery", "1 -> 2"),)


@pytest.mark.parametrize("cached", [{"consumers": 0}, {"message_stats": {}}])
def test_a_server_that_ignores_the_wish_for_live_totals_is_told_by_its_cached_fields(cached: dict[str, Any]) -> None:
    live, _ = asked_of(as_json([COUNTED]))
    stale, _ = asked_of(as_json([COUNTED, {**COUNTED, **cached, "name": "other"}]))

    assert (live.live, stale.live) == (True, False)
    assert live.queues == (QueueCount("celery", 3, 2),)


def test_an_empty_list_does_not_show_whether_the_wish_was_granted() -> None:
    report, _ = asked_of(as_json([]))
    assert (report.queues, report.live) == ((), False)


def test_a_compressed_answer_is_asked_for_and_read() -> None:
    packed = Answer(gzip.compress(json.dumps([COUNTED]).encode()), headers={"Content-Encoding": "gzip"})
    report, (asked,) = asked_of(packed)

    assert report.queues == (QueueCount("celery", 3, 2),)
    assert "gzip" in asked.headers["Accept-Encoding"]


def test_what_a_queue_itself_holds_back_is_in_its_counts() -> None:
    by_name, _ = asked_of(as_json([{**COUNTED, "messages_delayed": 4}]))
    by_total, _ = asked_of(as_json([{**COUNTED, "messages": 9}]))

    assert (by_name.queues[0].messages, by_total.queues[0].messages) == (9, 9)


def paged(items: Callable[[int], list[dict[str, Any]]], size: int, **always: object) -> Callable[[Asked], Answer]:
    """Return a server that answers in pages only, from what is there at each request."""
    requests: list[int] = []

    def answer(asked: Asked) -> Answer:
        requests.append(1)
        query = parse_qs(urlsplit(asked.target).query)
        everything, page = items(len(requests)), int(query.get("page", ["1"])[0])
        shown = everything[(page - 1) * size : page * size]
        pages = -(-len(everything) // size)
        return as_json({"items": shown, "page": page, "page_count": pages, "total_count": len(everything)} | always)

    return answer


def numbered(*numbers: int) -> list[dict[str, Any]]:
    return [{**COUNTED, "name": f"q{number}"} for number in numbers]


def test_a_server_that_answers_in_pages_is_read_to_its_last_page_and_not_taken_for_one_moment() -> None:
    report, asked = asked_of(paged(lambda _request: numbered(*range(7)), size=3))

    assert report.names == {f"q{number}" for number in range(7)}
    assert not report.live
    assert [parse_qs(urlsplit(item.target).query).get("page") for item in asked] == [None, ["1"], ["2"], ["3"]]


def moving(*later: int) -> Callable[[Asked], Answer]:
    """Return a server with two pages of three queues; after the first page, other queues are there."""
    return paged(lambda request: numbered(0, 1, 2, 3, 4, 5) if request <= 2 else numbered(*later), size=3)


@pytest.mark.parametrize(
    "later",
    [(0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5, 6), (9, 0, 1, 2, 3, 4)],
    ids=["one went", "one came", "one came in front and one went behind"],
)
def test_queues_that_move_between_pages_have_them_read_anew(later: tuple[int, ...]) -> None:
    report, _ = asked_of(moving(*later))
    assert report.names == {f"q{number}" for number in later}


def test_a_queue_that_slips_through_between_two_pages_is_in_the_register_and_so_not_overlooked() -> None:
    # One went in front and one came behind: the numbers agree, nothing is there twice, and q3 was on neither page.
    report, _ = asked_of(moving(1, 2, 3, 4, 5, 6))
    found = inventory(as_json(numbered(1, 2, 3, 4, 5, 6)), as_json([]), report)

    assert BY_RULE.uncounted(report, found) == ("q3",)


def test_pages_that_never_stand_still_are_unreadable() -> None:
    with pytest.raises(BrokerUnreadable, match="changed again and again"):
        asked_of(paged(lambda request: numbered(*range(4 + request)), size=3))


def test_a_page_that_disappears_is_unreadable() -> None:
    def answer(asked: Asked) -> Answer:
        gone = "page=2" in asked.target
        return as_json({"error": "bad_request"}, 400) if gone else paged(lambda _: numbered(*range(5)), 3)(asked)

    with pytest.raises(BrokerUnreadable, match="HTTP 400"):
        asked_of(answer)


def test_a_list_as_long_as_where_another_server_cuts_it_off_is_read_in_pages() -> None:
    cached = [{**item, "consumers": 0} for item in numbered(*range(10_050))]

    def answer(asked: Asked) -> Answer:
        return paged(lambda _: cached, 500)(asked) if "page=" in asked.target else as_json(cached[:10_000])

    report, asked = asked_of(answer)

    assert len(report.queues) == 10_050
    assert len(asked) == 1 + 21


def test_a_long_list_of_live_counts_is_whole_in_one_answer() -> None:
    report, asked = asked_of(as_json(numbered(*range(10_050))))
    assert (len(report.queues), report.live, len(asked)) == (10_050, True, 1)


def inventory(register: Answer, exchanges: Answer, counted: QueueReport | None = None) -> Inventory:
    def answer(asked: Asked) -> Answer:
        return exchanges if asked.target.startswith("/api/exchanges/") else register

    with serving(answer) as server:
        client = RabbitMQ(ELSEWHERE, server.url)
        with client.session:
            return client.inventory(counted or QueueReport((), live=True))


DIRECT = {"name": "amq.direct", "type": "direct"}
DELAYING = {"name": "later", "type": "x-delayed-message", "messages_delayed": 3}


def test_the_register_has_every_queue_and_what_exchanges_hold_back() -> None:
    found = inventory(as_json([{"name": "celery"}, {"name": "crashed"}]), as_json([DIRECT, DELAYING]))
    assert found == Inventory(frozenset({"celery", "crashed"}), {"later": 3})


@pytest.mark.parametrize(
    ("register", "exchanges", "reason"),
    [
        (as_json([{"name": None}]), as_json([]), "without a name"),
        (as_json([{}]), as_json([]), "without a name"),
        (as_json({"error": "x"}), as_json([]), "not a list"),
        (as_html("Log in"), as_json([]), "did not answer JSON"),
        (as_json([], 500), as_json([]), "HTTP 500"),
        (as_json([]), as_json([], 401), "401"),
        (as_json([]), as_json({"items": []}), "not a list"),
        (as_json([]), as_json([{"name": "later", "type": "x-delayed-message"}]), "does not say how much"),
        (as_json([]), as_json([{**DELAYING, "messages_delayed": -1}]), "does not say how much"),
    ],
)
def test_a_register_of_another_shape_is_unreadable(register: Answer, exchanges: Answer, reason: str) -> None:
    with pytest.raises(BrokerUnreadable, match=reason):
        inventory(register, exchanges)


def test_a_server_that_accepts_a_connection_and_says_nothing_is_unreadable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = RabbitMQ(ELSEWHERE, f"http://127.0.0.1:{silent.getsockname()[1]}", time_limits=(1.0, 0.1))
        with client.session, pytest.raises(BrokerUnreadable, match="no answer"):
            client.queues()


def test_a_queue_that_is_down_keeps_its_state() -> None:
    report, _ = asked_of(as_json([{**COUNTED, "state": "down"}]))

    assert [queue.state for queue in report.queues] == ["down"]


def test_the_vhost_is_encoded_once_and_the_password_stands_in_no_url_and_no_error() -> None:
    _, asked = asked_of(as_json([]))

    assert [item.target for item in asked] == [
        "/api/queues/a%2Fb%20%252F?disable_stats=true&enable_queue_totals=true"
    ]
    with serving(as_html("no", 401)) as server:
        client = RabbitMQ(ELSEWHERE, server.url)
        with client.session, pytest.raises(BrokerUnreadable) as caught:
            client.queues()
    texts = [*traceback.format_exception(caught.value), repr(client)]
    assert not [text for text in texts if CANARY in text]
