from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import amqp
import psutil
import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox_client import Api

pytestmark = pytest.mark.contract


def url_of(api: Api, name: str = "CLOUDAMQP") -> str:
    url: str = api.get("+/config-vars")[f"{name}_URL"]
    return url


@contextlib.contextmanager
def connected(url: str) -> Iterator[Any]:
    parts = urlsplit(url)
    connection = amqp.Connection(
        f"{parts.hostname}:{parts.port}",
        userid=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        virtual_host=unquote(parts.path[1:]),
    )
    connection.connect()
    try:
        yield connection
    finally:
        with contextlib.suppress(amqp.AMQPError, OSError):
            connection.close()


def management(api: Api, url: str, path: str) -> requests.Response:
    parts = urlsplit(url)
    auth = (unquote(parts.username or ""), unquote(parts.password or ""))
    place = quote(unquote(parts.path[1:]), safe="")
    return requests.get(f"{api.address.rabbitmq_api}/api/{path.replace('VHOST', place)}", auth=auth, timeout=10)


def test_the_url_leads_to_a_vhost_of_its_own(broker_api: Api) -> None:
    url = url_of(broker_api)
    parts = urlsplit(url)
    assert parts.username == parts.path[1:]
    assert len(parts.username or "") == 8
    with connected(url) as connection:
        channel = connection.channel()
        channel.queue_declare("tasks", durable=True, auto_delete=False)
        channel.basic_publish(amqp.Message("one"), routing_key="tasks")
    live = management(broker_api, url, "queues/VHOST?disable_stats=true&enable_queue_totals=true").json()
    assert [(item["name"], item["messages"]) for item in live] == [("tasks", 1)]


def test_the_user_is_tagged_and_limited_as_cloudamqps_are(broker_api: Api) -> None:
    url = url_of(broker_api)
    assert set(management(broker_api, url, "whoami").json()["tags"]) == {"management", "policymaker"}
    assert management(broker_api, url, "vhost-limits/VHOST").json()[0]["value"] == {
        "max-connections": 20,
        "max-queues": 100,
    }
    assert management(broker_api, url, "definitions").status_code == 401


@pytest.mark.parametrize("drops", [True, False])
def test_the_change_of_a_dedicated_plan_closes_its_connections(broker_api: Api, drops: bool) -> None:  # noqa: FBT001
    broker_api.settings(in_place_drops_connections=drops)
    made = broker_api.post("+/addons", {"plan": "bunny-1", "attachment": {"name": "DEDICATED"}})
    with connected(url_of(broker_api, "DEDICATED")) as moved, connected(url_of(broker_api)) as bystander:
        broker_api.patch(f"+/addons/{made['id']}", {"plan": "rabbit-1"})
        with pytest.raises(amqp.ConnectionForced) if drops else contextlib.nullcontext():
            moved.channel()
        bystander.channel()


def test_a_plan_change_moves_the_limits_and_keeps_the_messages(broker_api: Api) -> None:
    url = url_of(broker_api)
    with connected(url) as connection:
        channel = connection.channel()
        channel.queue_declare("kept", durable=True, auto_delete=False)
        channel.basic_publish(amqp.Message("one"), routing_key="kept")
        broker_api.patch("+/addons/CLOUDAMQP", {"plan": "tiger"})
        assert channel.queue_declare("kept", passive=True).message_count == 1
    assert management(broker_api, url, "vhost-limits/VHOST").json()[0]["value"]["max-connections"] == 100
    broker_api.patch("+/addons/CLOUDAMQP", {"plan": "lemur"})


def test_a_plan_without_limits_has_none(broker_api: Api) -> None:
    broker_api.post("+/addons", {"plan": "rabbit-1", "attachment": {"name": "FREE"}})
    limits = management(broker_api, url_of(broker_api, "FREE"), "vhost-limits/VHOST").json()
    assert {value for item in limits for value in item["value"].values()} <= {-1}
    with connected(url_of(broker_api, "FREE")) as connection:
        connection.channel().queue_declare("tasks")


def test_removing_the_add_on_deletes_vhost_user_and_messages(broker_api: Api) -> None:
    url = url_of(broker_api)
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(connected(url))
        broker_api.delete("+/addons/CLOUDAMQP")
        with pytest.raises((amqp.AMQPError, OSError)):
            connection.drain_events(timeout=10)
    assert management(broker_api, url, "whoami").status_code == 401
    with pytest.raises((amqp.AMQPError, OSError)), connected(url):
        pass


def test_old_and_new_stand_side_by_side(broker_api: Api) -> None:
    broker_api.settings(provisioning="async")
    broker_api.post("+/addons", {"plan": "bunny", "attachment": {"name": "NEXT"}})
    broker_api.wait(lambda: "NEXT_URL" in broker_api.get("+/config-vars"))
    with connected(url_of(broker_api)) as old, connected(url_of(broker_api, "NEXT")) as new:
        old.channel().queue_declare("only-here")
        with pytest.raises(amqp.NotFound):
            new.channel().queue_declare("only-here", passive=True)


def test_an_instance_does_not_exist_before_it_is_provisioned(broker_api: Api) -> None:
    broker_api.settings(provisioning="async", provision_seconds=0.5)
    made = broker_api.post("+/addons", {"plan": "bunny", "attachment": {"name": "LATER"}})
    assert broker_api.get(f"/addons/{made['id']}/config") == []
    broker_api.wait(lambda: broker_api.get(f"/addons/{made['id']}/config"))
    with connected(url_of(broker_api, "LATER")):
        pass


def test_credentials_may_need_percent_encoding(broker_api: Api) -> None:
    broker_api.settings(encoded_credentials=True)
    broker_api.post("+/addons", {"plan": "tiger", "attachment": {"name": "HARD"}})
    url = url_of(broker_api, "HARD")
    assert "%2F" in urlsplit(url).path
    assert "%40" in (urlsplit(url).password or "")
    with connected(url) as connection:
        connection.channel().queue_declare("tasks")
    assert management(broker_api, url, "queues/VHOST").json()[0]["name"] == "tasks"
    broker_api.delete("+/addons/HARD")
    assert management(broker_api, url, "whoami").status_code == 401


def test_the_node_listens_on_loopback_alone_and_has_its_own_names(broker_api: Api) -> None:
    directory = str(broker_api.address.directory)
    ours = [item for item in psutil.process_iter(["name"]) if home_of(item).startswith(directory)]
    assert {"beam.smp", "epmd"} <= {item.info["name"] for item in ours}
    listening = [each.laddr for item in ours for each in item.net_connections() if each.status == psutil.CONN_LISTEN]
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}
    assert {4369, 5672, 15672, 25672}.isdisjoint(address.port for address in listening)
    node = next(item for item in ours if item.info["name"] == "beam.smp").environ()
    assert node["RABBITMQ_NODENAME"].startswith("sandbox-")
    assert os.path.commonpath([node["RABBITMQ_MNESIA_BASE"], directory]) == directory


def home_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("HOME", "")
    except psutil.Error:
        return ""
