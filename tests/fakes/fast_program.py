"""migrate-plan whose clock runs faster (FAST times), and whose brokers answer in the fake Heroku's process."""

from __future__ import annotations

import os
import pickle
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from fakes.heroku_server import BROKER
from migrate.brokers.address import BrokerAddress
from migrate.brokers.report import Observation, Unreadable
from migrate.cli.app import main
from migrate.clients import broker
from migrate.clients.broker import readable
from migrate.clock import SystemClock
from migrate.fleet.halting import Halt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.queues import Sorting
    from migrate.clock import Clock

FAST = float(os.environ.get("FAST", "40"))
_EPOCH = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(frozen=True)
class Part:
    """A part of a broker that is in another process."""

    label: str
    part: str

    def __getattr__(self, method: str) -> Any:
        if method.startswith("__"):
            raise AttributeError(method)
        return lambda *args, **kwargs: ask(self.label, self.part, method, args, kwargs)


class RemoteBroker(Part):
    """A broker that is in another process."""

    address: BrokerAddress

    @property
    def rabbitmq(self) -> RemoteBroker:
        return self

    @property
    def base_url(self) -> str:
        return f"https://{self.address.host}"

    @property
    def control(self) -> RemoteBroker:
        return self

    @property
    def mover(self) -> Part:
        return Part(self.label, "mover")

    @property
    def topology(self) -> Part:
        return Part(self.label, "topology")

    def observe(self, clock: Clock, expected: int, _sorting: Sorting, *, ask_workers: bool = False) -> Observation:
        del ask_workers
        queues = readable(self.queues)
        workers = readable(lambda: self.report(expected))
        inventory = None if isinstance(queues, Unreadable) else readable(lambda: self.inventory(queues))
        return Observation(clock.monotonic(), queues, workers, inventory)


def ask(label: str, part: str, method: str, args: Any, kwargs: Any) -> Any:
    text = pickle.dumps((label, part, method, args, kwargs))
    request = urllib.request.Request(os.environ["HEROKU_HOST"] + BROKER, data=text, method="POST")  # noqa: S310 -- loopback
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 -- loopback
        went_well, found = pickle.loads(reply.read())  # noqa: S301 -- from the test
    if not went_well:
        raise found
    return found


def opened(_self: object, config_vars: Mapping[str, str], variable: str) -> RemoteBroker:
    address = BrokerAddress.from_url(config_vars[variable], variable)
    found = RemoteBroker(address.label, "")
    object.__setattr__(found, "address", address)
    return found


def now(_self: object) -> datetime:
    real = datetime.now(UTC)
    return _EPOCH + timedelta(seconds=(real - _EPOCH).total_seconds() * FAST)


def monotonic(_self: object) -> float:
    return time.monotonic() * FAST


def sleep(_self: object, seconds: float) -> None:
    time.sleep(max(0.0, seconds) / FAST)


def wait(halt: Halt, seconds: float) -> None:
    halt._event.wait(max(0.0, seconds) / FAST)


if __name__ == "__main__":
    with (
        mock.patch.object(broker.Brokers, "open", opened),
        mock.patch.object(SystemClock, "now", now),
        mock.patch.object(SystemClock, "monotonic", monotonic),
        mock.patch.object(SystemClock, "sleep", sleep),
        mock.patch.object(Halt, "wait", wait),
    ):
        main()
