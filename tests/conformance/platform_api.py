"""What the sandbox says without the CLI in between, to compare with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from migrate.clients.heroku_transport import ACCEPT

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.sandbox.address import SandboxAddress


@dataclass(frozen=True)
class PlatformApi:
    """Speaks to one sandbox; paths that start with + are of the main app."""

    address: SandboxAddress
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.address.token}", "Accept": ACCEPT}
        path = path.replace("+", f"/apps/{self.address.app}", 1) if path.startswith("+") else path
        answer = self.session.request(method, self.address.api_url + path, json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def settings(self, **changes: object) -> None:
        self.call("PATCH", "/sandbox/settings", changes)

    def fault(self, method: str, path: str, **details: object) -> None:
        self.call("POST", "/sandbox/faults", {"method": method, "path": path, **details})

    def account(self, email: str, **trouble: bool) -> str:
        """Return a token of an account, which is made when there is none, in such trouble."""
        token: str = self.call("POST", "/sandbox/accounts", {"email": email})["token"]
        self.call("PATCH", f"/sandbox/accounts/{email}", trouble)
        return token

    def addon_names(self) -> set[str]:
        return {item["name"] for item in self.get("+/addons")}

    def latest(self) -> dict[str, Any]:
        releases: list[dict[str, Any]] = self.get("+/releases")
        return releases[-1]

    def quantity(self, type_name: str) -> int:
        number: int = self.get(f"+/formation/{type_name}")["quantity"]
        return number

    def until(self, condition: Callable[[], object], seconds: float = 60) -> None:
        """Return when a condition holds; fail when it does not come true."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.1)

    def is_settled(self) -> bool:
        """Return whether no release is pending and every formation dyno is up on the current one."""
        releases = self.get("+/releases")
        current = next(item["version"] for item in releases if item["current"])
        dynos = [item for item in self.get("+/dynos") if item["type"] in {"web", "worker"}]
        up = [item for item in dynos if item["state"] == "up" and item["release"]["version"] == current]
        return len(up) == len(dynos) and all(item["status"] != "pending" for item in releases)

    def settled(self) -> None:
        self.until(self.is_settled)

    def restored(self) -> PlatformApi:
        """Bring the app back to where it began, as far as tests have changed it."""
        self.call("DELETE", "/sandbox/faults")
        self.settings(provisioning="sync", attach_limit_seconds=60.0)
        if [item["name"] for item in self.get("+/addon-attachments")] != ["CLOUDAMQP"]:
            for addon in self.get("+/addons"):
                self.call("DELETE", f"/apps/{addon['app']['name']}/addons/{addon['id']}", {"force": True})
            self.call("POST", "+/addons", {"plan": "cloudamqp:lemur"})
        self.settled()
        return self
