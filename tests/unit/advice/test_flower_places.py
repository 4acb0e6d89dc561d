"""Where Flower is told to read: found under whatever name, judged, and never with a password in the answer."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from migrate.advice.flower_places import Leads, Place, Present, places
from migrate.brokers.address import BrokerAddress
from migrate.platform import ProcessType

if TYPE_CHECKING:
    from collections.abc import Mapping

URL = "amqps://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com/bearbear"
NOW = Present(BrokerAddress.from_url(URL, "CLOUDAMQP_URL"), "https://red-fox.rmq2.cloudamqp.com")
OLD = BrokerAddress.from_url("amqps://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/wolfwolf", "URL")
HERE = "https://red-fox.rmq2.cloudamqp.com/api/"
THERE = "https://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/api/"
OWN = frozenset({"CLOUDAMQP_URL"})


def found(
    command: str = "",
    old: BrokerAddress | None = None,
    present: Present = NOW,
    more: Mapping[str, str] = MappingProxyType({}),
    **variables: str,
) -> dict[str, Place]:
    formation = [ProcessType("web", 1, command)] if command else []
    listed = places(formation, {"CLOUDAMQP_URL": URL, **more, **variables}, OWN, present, old)
    assert "canary" not in repr(listed)
    assert len({place.where for place in listed}) == len(listed)
    return {place.where: place for place in listed}


def leads(place: Place) -> str:
    return f"{place.leads}: {place.why}" if place.why else str(place.leads)


VARIABLES = {
    HERE: "here",
    "https://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com:443/api/": "here",
    THERE: "elsewhere: it is another host than the broker's",
    "https://stingray.rmq.cloudamqp.com/api/": "elsewhere: it is another host than the broker's",
    "https://token-canary@red-fox.rmq2.cloudamqp.com/api/": "elsewhere: it is another user than the broker's",
    "https://bearbear:canary-older@red-fox.rmq2.cloudamqp.com/api/": "elsewhere: its password is not the broker's",
    "$MANAGEMENT": "unknown: a variable in it is not set",
    "canary": "unknown: it is no address",
    "https://bearbear:12345/canary@red-fox.rmq2.cloudamqp.com/api/": "unknown: it is no address",
    "https://bearbear:canary#x@red-fox.rmq2.cloudamqp.com/api/": "unknown: it is no address",
}


@pytest.mark.parametrize(("value", "judged"), VARIABLES.items())
def test_flowers_variable_is_judged_whatever_stands_in_it(value: str, judged: str) -> None:
    assert leads(found(FLOWER_BROKER_API=value)["config var FLOWER_BROKER_API"]) == judged


def test_the_address_is_shown_without_its_password() -> None:
    shown = found(FLOWER_BROKER_API=HERE.replace("://", "://bearbear:canary-new-pass@"))

    assert shown["config var FLOWER_BROKER_API"].holds == "https://bearbear:***@red-fox.rmq2.cloudamqp.com/api/"
    assert found(FLOWER_BROKER_API=THERE)["config var FLOWER_BROKER_API"].holds == (
        "https://***:***@stingray.rmq.cloudamqp.com/api/"
    )


def test_what_flower_would_send_without_decoding_is_refused() -> None:
    url = "amqps://bearbear:canary%40pass@red-fox.rmq2.cloudamqp.com/bearbear"
    present = Present(BrokerAddress.from_url(url, "CLOUDAMQP_URL"), NOW.base_url)
    value = "https://bearbear:canary%40pass@red-fox.rmq2.cloudamqp.com/api/"

    assert found(present=present, FLOWER_BROKER_API=value)["config var FLOWER_BROKER_API"].leads is Leads.REFUSED


COMMANDS = {
    f"celery -A shop flower --broker_api={THERE}": ("--broker_api", Leads.ELSEWHERE),
    f"celery -A shop flower --port=$PORT --broker-api={HERE}": ("--broker-api", Leads.HERE),
    f"flower --broker_api={THERE}": ("--broker_api", Leads.ELSEWHERE),
    "celery -A shop flower --broker_api=$MONITOR": ("--broker_api", Leads.ELSEWHERE),
    f"FLOWER_BROKER_API={HERE} celery -A shop flower": ("FLOWER_BROKER_API", Leads.HERE),
    f"env FLOWER_BROKER_API={THERE} celery -A shop flower": ("FLOWER_BROKER_API", Leads.ELSEWHERE),
    "celery -b $CLOUDAMQP_URL flower": ("-b", Leads.HERE),
    "celery --broker=amqps://w:canary@stingray.rmq.cloudamqp.com/w flower": ("--broker", Leads.ELSEWHERE),
    "celery -A shop flower --broker_api=$(bin/api)": ("--broker_api", Leads.UNKNOWN),
}


@pytest.mark.parametrize(("command", "expected"), COMMANDS.items())
def test_a_command_line_is_read_with_its_variables_in_their_places(command: str, expected: tuple[str, Leads]) -> None:
    option, leads_ = expected

    assert found(command, MONITOR=THERE)[f"process web, {option}"].leads is leads_


def test_a_worker_is_no_flower() -> None:
    assert found(f"celery -A shop worker -b {THERE}") == {}


@pytest.mark.parametrize("name", ["MONITOR", "X"])
def test_a_management_api_under_any_name_is_found_and_other_addresses_are_left_alone(name: str) -> None:
    others = {
        "API": "https://example.com/api/",
        "PAGE": "https://stingray.rmq.cloudamqp.com/",
        "REDIS": "redis://x/1",
    }

    assert list(found(more={name: THERE, **others})) == [f"config var {name}"]


@pytest.mark.parametrize(
    "value", ["canary-old-pass", quote(THERE, safe=""), f"url={THERE}", "stingray.rmq.cloudamqp.com"]
)
def test_any_copy_of_the_broker_that_a_migration_has_left_is_found(value: str) -> None:
    assert found(MONITOR_SETTINGS=value, old=OLD)["config var MONITOR_SETTINGS"].leads is Leads.ELSEWHERE
    assert found(f"bin/monitor {THERE}", old=OLD)["process web"].leads is Leads.ELSEWHERE


def test_what_both_brokers_have_in_common_is_no_copy_of_the_old_one() -> None:
    before = BrokerAddress.from_url("amqps://wolfwolf:canary-old-pass@red-fox.rmq2.cloudamqp.com/wolfwolf", "URL")

    assert found(HOST="red-fox.rmq2.cloudamqp.com", old=before) == {}
    assert found(HOST="red-fox.rmq2.cloudamqp.com", old=NOW.address) == {}


def test_the_variables_that_heroku_keeps_right_are_no_copies() -> None:
    assert found(old=NOW.address) == {}
