from __future__ import annotations

import traceback
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.brokers.address import BrokerAddress
from migrate.errors import BrokerUrlInvalid
from migrate.exits import Exit
from migrate.secrets import MASK, Secret, redact

CANARY = "Canary/p@ss:w0rd#?"


def address(url: str) -> BrokerAddress:
    return BrokerAddress.from_url(url, "CLOUDAMQP_URL")


def test_a_url_of_cloudamqp_is_taken_apart() -> None:
    parts = address("amqps://abcdefgh:Pa55w0rd@stingray.rmq.cloudamqp.com/abcdefgh")

    assert parts == BrokerAddress(
        "amqps", "stingray.rmq.cloudamqp.com", 5671, "abcdefgh", Secret("Pa55w0rd"), "abcdefgh"
    )


def test_the_password_is_decoded_and_stays_secret() -> None:
    parts = address(f"amqps://user:{quote(CANARY, safe='')}@host/vhost")

    assert parts.password.reveal() == CANARY
    assert CANARY not in repr(parts)
    assert quote(CANARY, safe="") not in repr(parts)


def test_the_whole_url_and_its_password_are_masked_wherever_they_turn_up_afterwards() -> None:
    encoded = quote(CANARY, safe="")
    url = f"amqps://user:{encoded}@host/vhost"
    address(url)

    assert redact(f"tried {url}") == f"tried {MASK}"
    assert redact(f"{CANARY} or {encoded}") == f"{MASK} or {MASK}"


@pytest.mark.parametrize(("scheme", "port"), [("amqp", 5672), ("amqps", 5671)])
def test_a_scheme_has_its_own_port(scheme: str, port: int) -> None:
    assert address(f"{scheme}://user:password@host/vhost").port == port


def test_a_port_that_is_given_counts() -> None:
    assert address("amqp://user:password@host:12345/vhost").port == 12345


@pytest.mark.parametrize("path", ["", "/", "/%2F", "/%2f"])
def test_an_empty_path_means_the_default_vhost(path: str) -> None:
    parts = address(f"amqp://user:password@host{path}")
    assert (parts.vhost, parts.vhost_part) == ("/", "%2F")


def test_settings_behind_the_vhost_do_not_belong_to_it() -> None:
    assert address("amqp://user:password@host/vhost?heartbeat=30").vhost == "vhost"


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_whatever_is_encoded_once_comes_out_as_it_was(user: str, password: str, vhost: str) -> None:
    user, password, vhost = (text.encode("utf-8", "ignore").decode() or "x" for text in (user, password, vhost))
    encoded = [quote(text, safe="") for text in (user, password, vhost)]

    parts = address("amqps://{}:{}@host/{}".format(*encoded))

    assert (parts.user, parts.password.reveal(), parts.vhost) == (user, password, vhost)
    assert parts.vhost_part == encoded[2]


def test_people_see_host_and_vhost_only() -> None:
    parts = address("amqps://canary-user:canary-password@host/vhost")
    assert parts.label == "host/vhost"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "canary-value",
        "https://user:canary-value@host/vhost",
        "amqps://user:canary-value@/vhost",
        "amqps://host/canary-value",
        "amqps://user:canary-value@host:port/vhost",
        "amqps://user:canary-value@host:99999/vhost",
        "amqps://user:canary-value@[::1/vhost",
        "amqps://user:12/canary-value@host/vhost",
        "amqps://user:canary-value#@host/vhost",
    ],
)
def test_a_value_that_is_no_broker_url_is_refused_by_the_name_of_its_variable(url: str) -> None:
    with pytest.raises(BrokerUrlInvalid, match="CLOUDAMQP_URL") as refusal:
        address(url)

    told = "".join(traceback.format_exception(refusal.value)) + refusal.value.why + refusal.value.next
    assert "canary-value" not in told
    assert refusal.value.exit is Exit.REFUSED
