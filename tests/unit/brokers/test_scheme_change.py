from __future__ import annotations

import kombu
import pytest

from migrate.brokers.address import BrokerAddress
from migrate.brokers.scheme_change import scheme_change

PLAIN = BrokerAddress.from_url("amqp://wolf:canary-pass@stingray/wolf", "URL")
TLS = BrokerAddress.from_url("amqps://wolf:canary-pass@stingray/wolf", "URL")


def test_a_scheme_that_stays_is_not_spoken_of() -> None:
    assert scheme_change(PLAIN, PLAIN, ("CLOUDAMQP_URL",)) is None


@pytest.mark.parametrize(("old", "new", "said"), [(PLAIN, TLS, "may stay as it is"), (TLS, PLAIN, "unencrypted")])
def test_a_scheme_that_changes_is_pointed_out_with_the_variables_and_what_follows(
    old: BrokerAddress, new: BrokerAddress, said: str
) -> None:
    text = scheme_change(old, new, ("CLOUDAMQP_URL", "BROKER_URL"))

    assert text is not None
    assert "CLOUDAMQP_URL, BROKER_URL" in text
    assert said in text
    assert "canary" not in text


@pytest.mark.parametrize(
    ("url", "use_ssl", "tls", "port"),
    [
        ("amqps://h/v", None, True, 5671),
        ("amqps://h/v", False, True, 5671),
        ("amqps://h/v", {"ca_certs": "here"}, True, 5671),
        ("amqp://h/v", True, True, 5671),
        ("amqp://h/v", None, False, 5672),
    ],
)
def test_kombu_does_with_the_scheme_and_use_ssl_what_is_said(
    url: str, use_ssl: object, *, tls: bool, port: int
) -> None:
    connection = kombu.Connection(url, ssl=use_ssl)  # type: ignore[no-untyped-call]  # kombu has no types
    chosen = connection.transport.default_connection_params["port"]

    assert (bool(connection.transport.client.ssl), chosen) == (tls, port)
