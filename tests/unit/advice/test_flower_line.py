"""What Flower is started with: for the app at hand, and without a secret."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.advice.flower_line import FlowerLine, flower_line, needs_encoding, revealed
from migrate.brokers.address import BrokerAddress
from migrate.platform import ProcessType

URL = "amqps://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com/bearbear"
ADDRESS = BrokerAddress.from_url(URL, "RABBIT_URL")
SPECIAL = BrokerAddress.from_url("amqps://bear:canary%2Fp%40ss@red-fox.rmq2.cloudamqp.com/a%2Fb", "RABBIT_URL")
BASE = "https://red-fox.rmq2.cloudamqp.com"


def line(
    command: str = "celery -A shop worker", address: BrokerAddress = ADDRESS, base_url: str = BASE
) -> FlowerLine:
    made = flower_line(
        [ProcessType("worker", 1, command)], {"APP_NAME": "shop.tasks"}, address, base_url, "RABBIT_URL"
    )
    assert "canary" not in repr(made)
    return made


@pytest.mark.parametrize(
    ("command", "app"),
    [
        ("celery -A shop worker", "shop"),
        ("bin/run celery --app=shop.celery:app worker", "shop.celery:app"),
        ("celery -A $APP_NAME worker", "shop.tasks"),
        ("bin/worker", "APP"),
    ],
)
def test_the_app_is_that_of_the_workers(command: str, app: str) -> None:
    assert line(command).command == f"celery -A {app} flower --port=$PORT"


def test_the_address_has_no_credentials_and_that_of_the_page_has_them_masked() -> None:
    assert line().broker_api == "https://red-fox.rmq2.cloudamqp.com/api/"
    assert line().with_credentials == "https://bearbear:***@red-fox.rmq2.cloudamqp.com/api/"


def test_the_password_is_encoded_where_it_is_revealed() -> None:
    assert revealed(ADDRESS, BASE) == "https://bearbear:canary-new-pass@red-fox.rmq2.cloudamqp.com/api/"
    assert revealed(SPECIAL, BASE) == "https://bear:canary%2Fp%40ss@red-fox.rmq2.cloudamqp.com/api/"
    assert (needs_encoding(ADDRESS), needs_encoding(SPECIAL)) == (False, True)


def test_a_vhost_that_flower_cannot_ask_for_is_told() -> None:
    assert line().doubt == ""
    assert "it finds no queue" in line(address=SPECIAL).doubt


def test_the_settings_file_follows_the_broker_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RABBIT_URL", "amqps://w:p@another.rmq.cloudamqp.com/w")
    names: dict[str, Any] = {}
    exec(line().settings, names)  # noqa: S102 -- our own text

    assert names["broker_api"] == "https://another.rmq.cloudamqp.com/api/"
    assert line().follows


def test_the_settings_file_names_a_management_api_that_is_elsewhere() -> None:
    made = line(base_url="http://127.0.0.1:15672")

    assert (made.settings, made.follows) == ("broker_api = 'http://127.0.0.1:15672/api/'\n", False)
