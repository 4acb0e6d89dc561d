"""A plain client for the sandbox's API, and the settings that the tests share."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from migrate.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.sandbox.lifecycle import SandboxAddress

APP_DIR = Path(__file__).parent / "app"
FAST = SandboxSettings(
    broker="none",
    boot_seconds=0.05,
    kill_after_seconds=3.0,
    provision_seconds=0.3,
    deprovision_seconds=0.3,
    crash_backoff_seconds=0.2,
    router_wait_seconds=3.0,
    shutdown_seconds=0.5,
    rate_limit=1_000_000,
    other_apps=("second-app",),
)
ACCEPT = "application/vnd.heroku+json; version=3"


@dataclass
class Api:
    """Speaks to one sandbox; paths that start with + are of the main app."""

    address: SandboxAddress
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        full = path.replace("+", f"/apps/{self.address.app}", 1) if path.startswith("+") else path
        known = {"Authorization": f"Bearer {self.address.token}", "Accept": ACCEPT}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.address.api_url + full
        return self.session.request(method, url, json=body, headers=known | named, timeout=30)

    def get(self, path: str, **headers: str) -> Any:
        return self._good("GET", path, None, **headers)

    def post(self, path: str, body: object = None) -> Any:
        return self._good("POST", path, body or {})

    def patch(self, path: str, body: object) -> Any:
        return self._good("PATCH", path, body)

    def delete(self, path: str, body: object = None) -> Any:
        return self._good("DELETE", path, body)

    def settings(self, **changes: object) -> None:
        self.patch("/sandbox/settings", changes)

    def releases(self, app: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(
            f"/apps/{app or self.address.app}/releases", Range="version ..; max=1000"
        )
        return found

    def descriptions_after(self, version: int) -> list[str]:
        return [item["description"] for item in self.releases() if item["version"] > version]

    def latest(self) -> int:
        version: int = self.releases()[-1]["version"]
        return version

    def dynos(self) -> dict[str, dict[str, Any]]:
        return {item["name"]: item for item in self.get("+/dynos")}

    def pids(self) -> dict[str, int]:
        return {item["name"]: item["pid"] for item in self.get("/sandbox")["dynos"]}

    def wait(self, condition: Callable[[], object], seconds: float = 15) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.05)
        return found

    def settled(self) -> None:
        """Wait until no release is pending and all formation dynos of the current one are up."""

        def is_settled() -> bool:
            newest = self.releases()
            if any(item["status"] == "pending" for item in newest):
                return False
            current = next(item["version"] for item in newest if item["current"])
            dynos = [item for item in self.dynos().values() if item["type"] != "run"]
            return all(item["state"] == "up" and item["release"]["version"] == current for item in dynos)

        self.wait(is_settled)

    def _good(self, method: str, path: str, body: object, **headers: str) -> Any:
        answer = self.call(method, path, body, **headers)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


def check_refused(answer: requests.Response, status: int, error_id: str, text: str = "") -> None:
    assert (answer.status_code, answer.json()["id"]) == (status, error_id), answer.text
    assert text in answer.json()["message"]
