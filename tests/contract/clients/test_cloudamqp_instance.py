"""The API of one instance, over HTTP, in recorded shapes and in others."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from fakes.cloudamqp_api import FakeCloudAmqpApi, FakeInstance, a_recipient, an_alarm
from fakes.http_server import Answer, Asked, HttpServer, as_html, as_json, serving

from migrate.alarms.shapes import Alarm, AlarmsUnusable, Recipient
from migrate.clients.cloudamqp_instance import Instance, Instances
from migrate.sandbox.ports import free_port
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.contract

KEY = "canary/of the+api key"
HOOK = "https://hooks.example.com/canary-of-the-hook"
SETTINGS = {"value_threshold": 90, "time_threshold": 600, "reminder_interval": 0}


@pytest.fixture
def api() -> FakeCloudAmqpApi:
    return FakeCloudAmqpApi({KEY: FakeInstance()})


@pytest.fixture
def server(api: FakeCloudAmqpApi) -> Iterator[HttpServer]:
    with serving(api) as server:
        yield server


@pytest.fixture
def instance(server: HttpServer) -> Iterator[Instance]:
    with closing(Instances(server.url + "/").open({"CLOUDAMQP_APIKEY": KEY}, "CLOUDAMQP_APIKEY")) as instance:
        yield instance


def test_what_every_instance_has_is_read(instance: Instance) -> None:
    found = instance.read()

    assert found.alarms == (Alarm(2, "notice", enabled=True, settings={}, recipients=()),)
    assert found.recipients == (Recipient(1, "email", "Default", "ops@example.com"),)


def test_what_is_made_is_read_as_it_was_made(instance: Instance, api: FakeCloudAmqpApi) -> None:
    number = instance.add_recipient(Recipient(0, "webhook", "hook", key=Secret(HOOK), options=Secret('{"rk": "x"}')))
    instance.add_alarm(Alarm(0, "cpu", enabled=True, settings=SETTINGS, recipients=(number,)))
    instance.change_alarm(Alarm(2, "notice", enabled=True, settings={}, recipients=(number, 1)))

    found = instance.read()

    assert [(item.kind, dict(item.settings), item.recipients) for item in found.alarms] == [
        ("notice", {}, (number, 1)),
        ("cpu", SETTINGS, (number,)),
    ]
    assert found.recipients[1].is_like(Recipient(0, "webhook", "", key=Secret(HOOK)))
    assert api.instances[KEY].recipients[1]["options"] == {"rk": "x"}


def test_empty_settings_are_as_good_as_none(instance: Instance, api: FakeCloudAmqpApi) -> None:
    recorded = {"message_type": "", "queue_regex": "", "value_calculation": None, "value_threshold": 0}
    api.instances[KEY].alarms = [an_alarm(3, "connection", **recorded)]

    assert dict(instance.read().alarms[0].settings) == {"value_threshold": 0}


def test_a_variable_that_is_not_there_is_told_by_name() -> None:
    with pytest.raises(AlarmsUnusable, match="the app has no CLOUDAMQP_APIKEY"):
        Instances().open({}, "CLOUDAMQP_APIKEY")


def test_a_port_where_nobody_listens_is_no_answer() -> None:
    instance = Instance(Secret(KEY), f"http://127.0.0.1:{free_port()}")
    with closing(instance), pytest.raises(AlarmsUnusable, match="no answer"):
        instance.read()


def test_an_answer_that_does_not_come_is_not_waited_for_long(server: HttpServer, api: FakeCloudAmqpApi) -> None:
    gates: list[str] = []

    def slow(asked: Asked) -> Answer | None:
        gates.append(asked.target)
        threading.Event().wait(0.5)
        return None

    api.trouble = slow
    instance = Instance(Secret(KEY), server.url, time_limits=(0.1, 0.1))
    with closing(instance), pytest.raises(AlarmsUnusable, match="no answer"):
        instance.read()
    assert gates == ["/api/alarms/recipients"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (as_json({"error": "Unauthorized"}, 401), "HTTP 401"),
        (as_json({}, 500), "HTTP 500"),
        (Answer(status=302, headers={"Location": "/login"}), "HTTP 302"),
        (as_html("Log in"), "did not answer JSON"),
        (Answer(b"[{"), "did not answer JSON"),
        (Answer(b""), "not a list"),
        (as_json({"alarms": []}), "not a list"),
        (as_json(["cpu"]), "not a list"),
        (as_json([{"id": 1}]), "unknown shape"),
        (as_json([{"id": "1", "type": "email", "value": "x", "enabled": True}]), "unknown shape"),
        (as_json([{"id": 1, "type": "email", "value": {}, "enabled": "yes"}]), "unknown shape"),
        (
            as_json([{"id": 1, "type": "email", "value": "x", "enabled": True, "recipients": ["ops"]}]),
            "unknown shape",
        ),
    ],
)
def test_an_answer_of_another_shape_is_unusable_and_says_why(
    instance: Instance, api: FakeCloudAmqpApi, answer: Answer, reason: str
) -> None:
    api.trouble = lambda _asked: answer

    with pytest.raises(AlarmsUnusable, match=reason):
        instance.read()


@pytest.mark.parametrize(
    "write",
    [
        lambda instance: instance.add_alarm(Alarm(0, "notice", enabled=True, settings={}, recipients=())),
        lambda instance: instance.change_alarm(Alarm(77, "cpu", enabled=True, settings={}, recipients=())),
    ],
)
def test_a_write_that_is_refused_is_unusable_and_says_why(
    instance: Instance, write: Callable[[Instance], None]
) -> None:
    with pytest.raises(AlarmsUnusable, match=r"HTTP 40[04] to P"):
        write(instance)


def test_a_recipient_without_a_number_is_unusable(instance: Instance, api: FakeCloudAmqpApi) -> None:
    api.trouble = lambda asked: as_json({}, 201) if asked.method == "POST" else None

    with pytest.raises(AlarmsUnusable, match="number was not told"):
        instance.add_recipient(Recipient(0, "email", "ops", "new@example.com"))


def test_neither_key_nor_address_of_a_service_is_in_any_text_or_url(
    instance: Instance, server: HttpServer, api: FakeCloudAmqpApi
) -> None:
    api.instances[KEY].recipients.append(a_recipient(9, "webhook", HOOK, "hook"))
    found = instance.read()
    said: list[Any] = [
        repr(instance),
        repr(found),
        str(found.recipients[1]),
        [asked.target for asked in server.asked],
    ]
    api.trouble = lambda _asked: as_json({"error": HOOK, "key": KEY}, 403)
    for call in (instance.read, lambda: instance.add_recipient(found.recipients[1])):
        with pytest.raises(AlarmsUnusable) as caught:
            call()
        said += [str(caught.value), repr(caught.value.__cause__)]

    text = repr(said)
    assert not [secret for secret in (KEY, HOOK) for form in (secret, quote(secret, safe="")) if form in text]
