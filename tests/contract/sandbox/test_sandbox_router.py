from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from sandbox_client import Api

pytestmark = pytest.mark.contract


def last_routed(api: Api) -> dict[str, Any]:
    lines = (api.address.directory / "router.jsonl").read_text().splitlines()
    last: dict[str, Any] = json.loads(lines[-1])
    return last


def test_every_request_is_noted_without_its_query(api: Api) -> None:
    api.settled()
    before = time.time()
    requests.post(f"{api.address.router_url}/orders?sleep=0.3&card=canary", timeout=5)

    noted = last_routed(api)
    assert (noted["app"], noted["method"], noted["path"], noted["dyno"]) == (
        api.address.app,
        "POST",
        "/orders",
        "web.1",
    )
    assert (noted["status"], noted["code"]) == (200, "")
    assert 0.3 <= noted["seconds"] < 5
    assert before <= noted["time"] <= time.time()
    assert "canary" not in json.dumps(noted)


def test_a_dyno_that_answers_too_late_is_not_interrupted(api: Api) -> None:
    api.settled()
    api.settings(router_limit_seconds=0.3)
    pid = api.pids()["web.1"]

    late = requests.get(f"{api.address.router_url}/?sleep=1", timeout=5)

    assert (late.status_code, late.headers["X-Router-Error"]) == (503, "H12")
    noted = last_routed(api)
    assert (noted["dyno"], noted["code"], noted["status"]) == ("web.1", "H12", 503)
    assert 0.3 <= noted["seconds"] < 1
    assert api.pids()["web.1"] == pid
    assert requests.get(api.address.router_url, timeout=5).ok


def test_the_limit_is_for_the_first_byte_only(api: Api) -> None:
    api.settled()
    api.settings(router_limit_seconds=1.0)

    slow = requests.get(f"{api.address.router_url}/?trickle=1.5", timeout=10)

    assert slow.ok
    assert last_routed(api)["seconds"] > 1.4


def test_web_dynos_that_all_have_crashed_are_an_error_at_once(api: Api) -> None:
    api.settings(router_wait_seconds=15.0, crash_backoff_seconds=30.0)
    api.patch("+/config-vars", {"CRASH_WEB": "1"})
    api.wait(lambda: api.dynos()["web.1"]["state"] == "crashed")
    begin = time.monotonic()

    answer = requests.get(api.address.router_url, timeout=20)

    assert (answer.status_code, answer.headers["X-Router-Error"]) == (503, "H10")
    assert time.monotonic() - begin < 10
    api.patch("+/config-vars", {"CRASH_WEB": None})
    api.settled()


def test_every_app_has_a_name_of_its_own_below_localhost(quiet_api: Api) -> None:
    router = quiet_api.address.router_url
    port = router.rpartition(":")[2]

    def ask(host: str) -> requests.Response:
        return requests.get(router, headers={"Host": host}, timeout=20)

    web_url = quiet_api.get("/apps/second-app")["web_url"]
    assert web_url == f"http://second-app.localhost:{port}/"
    assert ask(f"second-app.localhost:{port}").headers["X-Router-Error"] == "H14"
    assert (ask("nobody.localhost").status_code, ask("nobody.localhost").text) == (404, "No such app")
    assert last_routed(quiet_api)["app"] == "second-app"
