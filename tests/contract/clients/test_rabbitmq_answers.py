"""The management API as another server, a proxy or a broken line might answer it."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from fakes.http_server import Answer, Asked, as_html, as_json, serving

from migrate.broker_address import BrokerAddress
from migrate.broker_report import BrokerUnreadable, Consumer, QueueCount, QueueReport
from migrate.clients.rabbitmq import RabbitMQ
from migrate.sandbox.ports import free_port
from migrate.secrets import Secret

pytestmark = pytest.mark.contract

CANARY = "canary/of:the@broker %41"
ELSEWHERE = BrokerAddress("amqp", "127.0.0.1", 5672, "someone", Secret(CANARY), "a/b %2F")
COUNTED = {"name": "celery", "messages_ready": 3, "messages_unacknowledged": 2, "type": "classic", "state": "running"}


def asked_of(answer: Answer, address: BrokerAddress = ELSEWHERE) -> tuple[QueueReport, list[Asked]]:
    """Return what the client makes of an answer to the listing of queues, and what it asked."""
    with serving(answer) as server:
        client = RabbitMQ(address, server.url)
        with client.session:
            return client.queues(), server.asked


def test_a_port_where_nobody_listens_is_unreadable() -> None:
    client = RabbitMQ(ELSEWHERE, f"http://127.0.0.1:{free_port()}")
    for read in (client.queues, client.consumers, client.version):
        with pytest.raises(BrokerUnreadable, match="no answer"):
            read()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (as_html("Log in"), "did not answer JSON"),
        (Answer(b'[{"name": "celery", "mess'), "did not answer JSON"),
        (Answer(b""), "did not answer JSON"),
        (as_html("Bad gateway", 502), "HTTP 502"),
        (as_json([], 503), "HTTP 503"),
        (Answer(b"[]", 302, {"Location": "/login"}), "HTTP 302"),
        (as_json({"items": [], "page": 1}), "not a list"),
        (as_json(["celery"]), "not a list of objects"),
        (as_json([COUNTED, {"name": "fresh"}]), "queue fresh has no counts"),
        (as_json([{**COUNTED, "messages_unacknowledged": None}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages_ready": "0"}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages_ready": -1}]), "queue celery has no counts"),
        (as_json([{**COUNTED, "messages_ready": False}]), "queue celery has no counts"),
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
