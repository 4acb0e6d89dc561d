"""How Flower is told where the broker's management API is: pure functions.

Flower takes user and password from the address, and where it has none there from the app's own broker URL. In the
address they do not survive a character that must be encoded: Flower's HTTP client sends them as they stand there, and
is refused. https://github.com/mher/flower/blob/master/flower/utils/broker.py,
https://github.com/tornadoweb/tornado/blob/v6.5.0/tornado/simple_httpclient.py (run)
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from msgspec import Struct

from migrate.brokers.parts import MASKED
from migrate.command_lines import calls, celery_call, expanded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migrate.brokers.address import BrokerAddress
    from migrate.platform import ProcessType

VARIABLE: Final = "FLOWER_BROKER_API"
"""What Flower reads --broker_api from, where it is not given."""
_UNKNOWN_APP: Final = "APP"


class FlowerLine(Struct, frozen=True):
    """What to start Flower with. No secret is in it."""

    command: str
    """For a Procfile or a shell."""
    broker_api: str
    """``https://HOST/api/``: for FLOWER_BROKER_API or --broker_api."""
    with_credentials: str
    """The same as CloudAMQP's page has it, with the password masked."""
    settings: str
    """A file ``flowerconfig.py`` that says the same."""
    follows: bool
    """Whether that file leads to whatever broker the app has, also after a migration."""
    doubt: str = ""
    """Why Flower will not show the queues all the same; empty where it will."""


def flower_line(
    formation: Iterable[ProcessType], variables: Mapping[str, str], address: BrokerAddress, base_url: str, name: str
) -> FlowerLine:
    """Given an app's processes and variables, its broker, where that has its management API, and the variable that
    holds the broker's URL, return what to start Flower with.
    """
    app = celery_app(formation, variables)
    # A management API that is elsewhere, as in a sandbox, does not follow from the broker's URL.
    follows = base_url == f"https://{address.host}"
    return FlowerLine(
        command=f"celery -A {shlex.quote(app)} flower --port=$PORT",
        broker_api=f"{base_url}/api/",
        with_credentials=_with(base_url, f"{quote(address.user, safe='')}:{MASKED}"),
        settings=_settings(name) if follows else f"broker_api = {f'{base_url}/api/'!r}\n",
        follows=follows,
        doubt=_doubt(address),
    )


def revealed(address: BrokerAddress, base_url: str) -> str:
    """Given a broker and where it has its management API, return the address with the password in it."""
    return _with(base_url, f"{quote(address.user, safe='')}:{quote(address.password.reveal(), safe='')}")


def needs_encoding(address: BrokerAddress) -> bool:
    """Whether user or password have characters that cannot stand in an address as they are."""
    return any(quote(word, safe="") != word for word in (address.user, address.password.reveal()))


def celery_app(formation: Iterable[ProcessType], variables: Mapping[str, str]) -> str:
    """Given an app's processes and variables, return what Celery is told to load, or ``APP`` where none says it."""
    for process in formation:
        for call in calls(process.command, {"celery"}, variables):
            if given := celery_call(call.words).value("-A", "--app"):
                return expanded(given, {**variables, **call.assigned})
    return _UNKNOWN_APP


def _with(base_url: str, credentials: str) -> str:
    scheme, _, rest = base_url.partition("://")
    return f"{scheme}://{credentials}@{rest}/api/"


def _settings(name: str) -> str:
    return (
        "from os import environ\nfrom urllib.parse import urlsplit\n\n"
        f'broker_api = f"https://{{urlsplit(environ[{name!r}]).hostname}}/api/"\n'
    )


def _doubt(address: BrokerAddress) -> str:
    if quote(address.vhost, safe="") in {address.vhost, "%2F"}:
        return ""
    return "the vhost's name must be encoded in a URL, and Flower 2.2 encodes it twice: it finds no queue"
