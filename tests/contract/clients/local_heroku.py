"""The local Heroku seen by a test: what it is told to do wrong, and what has really reached it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from fakes.clock import FakeClock

from migrate.clients.heroku import Heroku
from migrate.clients.heroku_transport import ACCEPT, ApiCall, HerokuTransport
from migrate.clients.insistence import Briefly
from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.settings import SandboxSettings
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.sandbox.lifecycle import SandboxAddress

SETTINGS = SandboxSettings(
    broker="none",
    formation={"web": 0, "worker": 0},
    other_apps=("second-app",),
    deprovision_seconds=0.0,
    provision_seconds=0.0,
    kill_after_seconds=1.0,
    shutdown_seconds=0.5,
    rate_limit=1_000_000,
)


@dataclass(frozen=True)
class LocalHeroku:
    """A running sandbox, asked past the client that is tested."""

    address: SandboxAddress
    session: requests.Session

    @property
    def app(self) -> str:
        return self.address.app

    def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.address.token}", "Accept": ACCEPT}
        answer = self.session.request(method, self.address.api_url + path, json=body, headers=headers, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, kind: str, method: str, path: str, **details: object) -> None:
        """Make the next matching request (or ``count`` of them) go wrong."""
        self.call("POST", "/sandbox/faults", {"kind": kind, "method": method, "path": path, **details})

    def settings(self, **changes: object) -> None:
        self.call("PATCH", "/sandbox/settings", changes)

    def config_vars(self) -> dict[str, str]:
        found: dict[str, str] = self.call("GET", f"/apps/{self.app}/config-vars")
        return found

    def releases(self) -> list[int]:
        """Return the versions of the app's releases, oldest first."""
        return [item["version"] for item in self.call("GET", f"/apps/{self.app}/releases")]

    def arrived(self, method: str, path: str) -> list[int]:
        """Return the status of every such request that arrived; 0 where the answer was withheld."""
        text = (self.address.directory / "requests.jsonl").read_text()
        lines = map(json.loads, text.splitlines())
        return [line["status"] for line in lines if (line["method"], line["path"]) == (method, path)]

    def restore(self) -> None:
        """Forget faults and settings, and take away every add-on but the first."""
        self.call("DELETE", "/sandbox/faults")
        plain = SETTINGS.to_json()
        for fixed in ("app", "token", "broker", "other_apps", "formation"):
            plain.pop(fixed)
        self.settings(**plain)
        seeded = next(item for item in self.call("GET", "/addon-attachments") if item["name"] == "CLOUDAMQP")
        for add_on in self.call("GET", "/addons"):
            if add_on["id"] != seeded["addon"]["id"]:
                self.call("DELETE", f"/apps/{add_on['app']['name']}/addons/{add_on['id']}", {"force": True})
        for attachment in self.call("GET", "/addon-attachments"):
            if attachment["id"] != seeded["id"]:
                self.call("DELETE", f"/addon-attachments/{attachment['id']}")


@contextlib.contextmanager
def local_heroku() -> Iterator[LocalHeroku]:
    """Run a sandbox whose add-ons lead to no broker."""
    with throwaway(SETTINGS) as address, requests.Session() as session:
        session.trust_env = False
        yield LocalHeroku(address, session)


@dataclass(frozen=True)
class Client:
    """The client that is tested, with what it did."""

    heroku: Heroku
    transport: HerokuTransport
    clock: FakeClock
    calls: list[ApiCall]


@contextlib.contextmanager
def client_of(base_url: str, token: str) -> Iterator[Client]:
    """Make a client that never really sleeps, and close it."""
    clock, calls = FakeClock(), list[ApiCall]()
    transport = HerokuTransport(Secret(token), clock, base_url, calls.append)
    with transport.session:
        yield Client(Heroku(transport, Briefly(clock)), transport, clock, calls)
