"""The broker's address in a Procfile: seen, shown without its password, and never taken for something to rewrite."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from migrate.brokers.address import BrokerAddress
from migrate.brokers.pasted_commands import copies_in_commands
from migrate.platform import ProcessType

URL = "amqps://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/wolfwolf"
ADDRESS = BrokerAddress.from_url(URL, "CLOUDAMQP_URL")
API = "https://wolfwolf:canary-old-pass@stingray.rmq.cloudamqp.com/api/"


def found(command: str, address: BrokerAddress = ADDRESS) -> tuple[str, ...]:
    copies = copies_in_commands([ProcessType("web", 1, command)], address)
    assert "canary" not in repr(copies)
    assert all(copy.doubt for copy in copies)
    return tuple(copy.variable for copy in copies)


@pytest.mark.parametrize("given", [API, quote(API, safe=""), "https://stingray.rmq.cloudamqp.com/api/", URL])
def test_an_address_in_a_command_is_found(given: str) -> None:
    assert found(f"celery -A shop flower --broker_api={given}") == ("the command of web",)


@pytest.mark.parametrize("command", ["celery -A shop worker", "celery -b $CLOUDAMQP_URL worker", ""])
def test_a_command_that_names_no_address_or_a_variable_is_none(command: str) -> None:
    assert found(command) == ()


def test_a_host_that_anybody_may_name_is_none() -> None:
    local = BrokerAddress.from_url("amqp://wolfwolf:canary-old-pass@127.0.0.1:5672/wolfwolf", "CLOUDAMQP_URL")

    assert found("python -m http.server --bind 127.0.0.1", local) == ()
    assert found("bin/monitor wolfwolf", local) == ("the command of web",)
