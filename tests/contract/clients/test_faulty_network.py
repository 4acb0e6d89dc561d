"""Every kind of trouble on the way to Heroku: a read outlives it, a write had its effect once or is not known to."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import pytest
from fakes.clock import FakeClock
from fakes.faulty_network import FaultyNetwork, Kind
from local_heroku import Client, LocalHeroku, local_heroku
from polling import until

from migrate.clients import heroku_transport
from migrate.clients.heroku import Heroku
from migrate.clients.heroku_transport import ApiCall, HerokuTransport
from migrate.clients.insistence import Briefly
from migrate.clock import SystemClock
from migrate.errors import HerokuUnreachable, OutcomeUnknown
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.contract

DONE: tuple[Kind, ...] = ("lose", "late-status", "truncate", "cut", "drip", "delay")
NOT_DONE: tuple[Kind, ...] = ("reset", "html")
DETAILS: dict[Kind, dict[str, Any]] = {"drip": {"pause": 0.05}, "delay": {"pause": 1.0}}


@pytest.fixture(scope="module")
def local() -> Iterator[LocalHeroku]:
    with local_heroku() as sandbox:
        yield sandbox


@pytest.fixture
def network(local: LocalHeroku) -> Iterator[FaultyNetwork]:
    with FaultyNetwork(local.address.api_url) as network:
        yield network


@pytest.fixture
def client(local: LocalHeroku, network: FaultyNetwork, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client with little patience for a slow reply."""
    monkeypatch.setattr(heroku_transport, "_TIME_LIMITS", (2.0, 0.5))
    monkeypatch.setattr(heroku_transport, "_LONGEST_REPLY", 0.3)
    calls, brief = list[ApiCall](), FakeClock()
    transport = HerokuTransport(Secret(local.address.token), SystemClock(), network.url, calls.append)
    with transport.session:
        yield Client(Heroku(transport, Briefly(brief)), transport, brief, calls)


@pytest.mark.parametrize("kind", [*NOT_DONE, *DONE])
def test_a_read_is_repeated_until_the_trouble_has_passed(
    local: LocalHeroku, client: Client, network: FaultyNetwork, kind: Kind
) -> None:
    fault = network.fault(kind, "GET", count=2, **DETAILS.get(kind, {}))

    assert client.heroku.app(local.app).name == local.app
    assert (fault.met, len(client.calls)) == (2, 3)


@pytest.mark.parametrize("kind", [*NOT_DONE, *DONE])
def test_a_write_is_sent_once_and_its_outcome_is_not_known(
    local: LocalHeroku, client: Client, network: FaultyNetwork, kind: Kind
) -> None:
    network.fault(kind, "PATCH", **DETAILS.get(kind, {}))
    before = len(local.releases())

    with pytest.raises(OutcomeUnknown):
        client.heroku.patch_config_vars(local.app, {"THE_KIND": kind})

    assert len(client.calls) == 1
    assert len(local.releases()) == before + (kind in DONE)


def test_a_server_that_nobody_reaches_for_a_while_loses_no_write(
    local: LocalHeroku, client: Client, network: FaultyNetwork
) -> None:
    network.fault("refuse", "GET", seconds=5.0)
    before = local.releases()
    with pytest.raises(HerokuUnreachable):
        client.transport.read("/apps")
    # A listener that has just been closed may take one more connection, and break it: that is another trouble.
    until(lambda: not is_listened_to(network.url))

    with pytest.raises(HerokuUnreachable, match="could not be sent"):
        client.heroku.patch_config_vars(local.app, {"NEVER": "sent"})

    assert local.releases() == before
    until(lambda: reaches(lambda: client.transport.read("/apps")))


def is_listened_to(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def reaches(call: Callable[[], object]) -> bool:
    try:
        call()
    except HerokuUnreachable:
        return False
    return True


def test_a_name_that_does_not_resolve_is_no_unknown_outcome(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)

    with pytest.raises(HerokuUnreachable, match="could not be sent"):
        client.transport.write("PATCH", "/apps/x/config-vars", {})
    with pytest.raises(HerokuUnreachable):
        client.heroku.apps()
    assert len(client.calls) == 1 + 5


def test_nothing_is_sent_until_the_time_that_heroku_asked_for_is_over(
    local: LocalHeroku, client: Client, network: FaultyNetwork
) -> None:
    limited = network.fault("status", "PATCH", status=429, headers={"Retry-After": "2"})
    before, began = local.releases(), time.monotonic()

    until(lambda: reaches(lambda: client.heroku.patch_config_vars(local.app, {"LIMITED": "1"})))

    assert time.monotonic() - began >= 2
    assert (limited.met, len(client.calls)) == (1, 2)
    assert len(local.releases()) == len(before) + 1
