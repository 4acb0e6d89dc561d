from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
import requests
from sandbox_client import APP_DIR, Api, check_refused

pytestmark = pytest.mark.contract


def log_of(api: Api, dyno: str) -> str:
    path = api.address.directory / "logs" / api.address.app / f"{dyno}.log"
    return path.read_text() if path.exists() else ""


def tree_of(pid: int) -> list[psutil.Process]:
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def has_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_dyno_sees_its_config_and_nothing_of_ours(api: Api) -> None:
    seen = requests.get(api.address.router_url, timeout=5).json()
    environment: dict[str, str] = seen["environment"]
    config = api.get("+/config-vars")
    ours = {"PATH", "LANG", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "HOME", "TMPDIR", "DYNO", "PORT"}
    assert set(environment) - ours - set(config) <= {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}
    assert {name: environment[name] for name in config} == config
    assert environment["DYNO"] == "web.1"
    assert seen["directory"] == str(APP_DIR)


def test_sigterm_goes_to_every_process_of_the_dyno(api: Api) -> None:
    family = str(time.time())
    api.patch("+/config-vars", {"STUBBORN": None, "FAMILY": family})
    api.settled()
    processes = api.wait(lambda: (found := tree_of(api.pids()["worker.1"])) and len(found) == 3 and found)
    api.wait(lambda: log_of(api, "worker.1").count(f"listens to SIGTERM since {family}") == 3)
    before = log_of(api, "worker.1").count("got SIGTERM")
    api.delete("+/formations/worker")
    api.wait(lambda: all(has_gone(process) for process in processes))
    # What a process said last may come into the log after it has gone.
    api.wait(lambda: log_of(api, "worker.1").count("got SIGTERM") - before == 3)
    text = log_of(api, "worker.1")
    assert all(f"['{name}'] got SIGTERM" in text for name in ("main", "child", "escaped"))


def test_what_ignores_sigterm_is_killed_and_not_before_its_time(api: Api) -> None:
    family = str(time.time())
    api.settings(kill_after_seconds=4.0)
    api.patch("+/config-vars", {"STUBBORN": "1", "FAMILY": family})
    api.settled()
    processes = api.wait(lambda: (found := tree_of(api.pids()["worker.1"])) and len(found) == 3 and found)
    api.wait(lambda: log_of(api, "worker.1").count(f"listens to SIGTERM since {family}") == 3)
    started = time.monotonic()
    api.patch("+/config-vars", {"STUBBORN": None, "FAMILY": None})
    api.settled()
    assert not any(has_gone(process) for process in processes), "the new dyno did not wait for the old"
    api.wait(lambda: all(has_gone(process) for process in processes))
    assert time.monotonic() - started > 3.9


def test_one_off_dynos_survive_releases_and_keep_their_config(api: Api) -> None:
    made = api.post("+/dynos", {"command": "echo $WHEN; sleep 30 | cat", "attach": False, "env": {"WHEN": "then"}})
    assert (made["type"], made["name"][:4], made["attach_url"]) == ("run", "run.", None)
    api.patch("+/config-vars", {"LATER": str(time.time())})
    api.settled()
    dyno = api.dynos()[made["name"]]
    assert (dyno["release"], dyno["state"], dyno["id"]) == (made["release"], "up", made["id"])
    assert dyno["release"]["version"] < api.latest()
    api.delete("+/dynos")
    assert made["name"] in api.dynos()
    assert log_of(api, made["name"]) == "then\n"
    api.post(f"+/dynos/{made['name']}/actions/stop")
    api.wait(lambda: made["name"] not in api.dynos())


@pytest.mark.parametrize(
    "command", ["env -u GREETING sh -c 'echo [$GREETING]'", "A=1 env | grep -c ^A=1", "printenv A; true"]
)
def test_commands_are_shell_commands(api: Api, command: str) -> None:
    made = api.post("+/dynos", {"command": command, "env": {"A": "1"}})
    api.wait(lambda: made["name"] not in api.dynos())
    assert log_of(api, made["name"]).strip() in {"[]", "1"}


def test_a_one_off_dyno_can_have_the_type_and_the_command_of_a_process_type(api: Api) -> None:
    made = api.post("+/dynos", {"command": "worker extra", "type": "worker", "time_to_live": 1})
    assert made["name"].startswith("worker.")
    assert made["command"] == "python worker.py extra"
    assert made["name"] != "worker.1"
    api.delete("+/formations/worker")
    assert made["name"] in api.dynos()
    api.wait(lambda: made["name"] not in api.dynos())


def test_a_one_off_dyno_needs_a_command_and_a_sane_time_to_live(api: Api) -> None:
    for body in (
        {},
        {"command": " "},
        {"command": "true", "time_to_live": 90_000},
        {"command": "true", "env": ["A"]},
    ):
        check_refused(api.call("POST", "+/dynos", body), 422, "invalid_params")


def test_what_a_finished_dyno_leaves_behind_goes_with_it(api: Api) -> None:
    made = api.post("+/dynos", {"command": "setsid sleep 77 & sleep 0.3"})
    left = api.wait(
        lambda: [item for item in psutil.process_iter(["cmdline"]) if item.info["cmdline"] == ["sleep", "77"]]
    )
    api.wait(lambda: made["name"] not in api.dynos())
    assert all(has_gone(process) for process in left)


def test_a_crash_is_shown_and_retried_ever_later(api: Api) -> None:
    api.patch("+/config-vars", {"CRASH": "1"})
    api.wait(lambda: api.dynos()["worker.1"]["state"] == "crashed")
    count = log_of(api, "worker.1").count("cannot start")
    api.wait(lambda: log_of(api, "worker.1").count("cannot start") >= count + 2)
    assert api.dynos()["web.1"]["state"] == "up"
    api.patch("+/config-vars", {"CRASH": None})
    api.settled()


def test_formations_scale_without_a_release(api: Api) -> None:
    before = api.latest()
    api.patch("+/formation", {"updates": [{"type": "worker", "quantity": "+2"}, {"type": "web", "quantity": 2}]})
    api.wait(lambda: {d["state"] for d in api.dynos().values()} == {"up"})
    assert sorted(api.dynos()) == ["web.1", "web.2", "worker.1", "worker.2", "worker.3"]
    first = api.dynos()["worker.1"]["id"]
    assert api.patch("+/formation/worker", {"quantity": "-2"})["quantity"] == 1
    assert api.patch("+/formation/web", {"quantity": 1, "size": "Basic"})["dyno_size"]["name"] == "Basic"
    assert sorted(api.dynos()) == ["web.1", "worker.1"]
    assert api.dynos()["worker.1"]["id"] == first
    assert api.latest() == before


def test_scaling_is_all_or_nothing(api: Api) -> None:
    for second in (
        {"type": "clock", "quantity": 1},
        {"type": "web", "quantity": "many"},
        {"type": "web", "quantity": -1},
    ):
        answer = api.call("PATCH", "+/formation", {"updates": [{"type": "worker", "quantity": 5}, second]})
        assert answer.status_code in {404, 422}
    assert api.get("+/formation/worker")["quantity"] == 1


def test_a_type_scaled_to_nothing_runs_nothing_and_stays_so_over_releases(api: Api) -> None:
    api.patch("+/formation/worker", {"quantity": 0})
    api.patch("+/config-vars", {"NOTHING": str(time.time())})
    api.settled()
    assert list(api.dynos()) == ["web.1"]
    api.patch("+/formation/worker", {"quantity": 1})
    api.settled()


def test_a_stopped_formation_dyno_comes_back(api: Api) -> None:
    for method, path in (("DELETE", "+/dynos/worker.1"), ("POST", "+/dynos/worker.1/actions/stop")):
        old = api.dynos()["worker.1"]["id"]
        assert api.call(method, path, {}).status_code == 202
        assert api.dynos()["worker.1"]["id"] != old
        api.settled()


def test_the_router_never_fails_while_dynos_restart(api: Api) -> None:
    api.patch("+/formation/web", {"quantity": 2})
    api.settled()

    def ask(number: int) -> int:
        time.sleep(number / 400)
        return requests.get(f"{api.address.router_url}/?sleep=0.05", timeout=10).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask, number) for number in range(60)]
        api.patch("+/config-vars", {"SWAP": str(time.time())})
        assert {answer.result() for answer in answers} == {200}
    api.patch("+/formation/web", {"quantity": 1})


def test_the_router_takes_turns_and_passes_requests_on(api: Api) -> None:
    api.patch("+/formation/web", {"quantity": 2})
    api.settled()
    url = f"{api.address.router_url}/a%2Fb?status=418&x=1"
    seen: list[dict[str, Any]] = [requests.post(url, data="body", timeout=5).json() for _ in range(4)]
    assert {item["environment"]["DYNO"] for item in seen} == {"web.1", "web.2"}
    assert {(item["method"], item["path"], item["body"]) for item in seen} == {
        ("POST", "/a%2Fb?status=418&x=1", "body")
    }
    assert requests.post(url, data="body", timeout=5).status_code == 418
    api.patch("+/formation/web", {"quantity": 1})


def test_the_router_gives_up_on_slow_and_missing_dynos(api: Api) -> None:
    api.settings(router_limit_seconds=0.3, router_wait_seconds=0.3)
    slow = requests.get(f"{api.address.router_url}/?sleep=2", timeout=5)
    assert (slow.status_code, slow.headers["X-Router-Error"]) == (503, "H12")
    api.patch("+/formation/web", {"quantity": 0})
    missing = requests.get(api.address.router_url, timeout=5)
    assert (missing.status_code, missing.headers["X-Router-Error"]) == (503, "H14")
    assert "Application error" in missing.text
    api.patch("+/formation/web", {"quantity": 1})
    api.settled()


def test_preboot_keeps_the_old_web_dynos_unseen_and_reachable(api: Api) -> None:
    api.settled()
    api.settings(preboot=True, preboot_overlap_seconds=4.0, boot_seconds=0.4)
    assert api.get("+/features/preboot")["enabled"]
    old_web, old_worker = psutil.Process(api.pids()["web.1"]), psutil.Process(api.pids()["worker.1"])
    value = str(time.time())
    started = time.monotonic()
    api.patch("+/config-vars", {"BOOT": value})
    assert requests.get(api.address.router_url, timeout=5).json()["environment"].get("BOOT") != value
    api.wait(lambda: has_gone(old_worker))
    api.settled()
    assert list(api.dynos()) == ["web.1", "worker.1"]
    assert requests.get(api.address.router_url, timeout=5).json()["environment"]["BOOT"] == value
    assert not has_gone(old_web)
    assert api.get("/sandbox")["overlapping"] == ["web.1"]
    api.wait(lambda: has_gone(old_web))
    assert time.monotonic() - started > 3.9
    assert api.get("/sandbox")["overlapping"] == []


def test_releases_in_quick_succession_leave_no_old_process(api: Api) -> None:
    for number in range(6):
        api.patch("+/config-vars", {"QUICK": f"{time.time()} {number}"})
    api.settled()

    def is_tidy() -> bool:
        homes = {home_of(process) for process in psutil.process_iter()}
        inside = {home for home in homes if str(api.address.directory / "dynos") in home}
        return len(inside) == 2

    api.wait(is_tidy)
    seen = requests.get(api.address.router_url, timeout=5).json()["environment"]
    assert seen["QUICK"].endswith(" 5")


def home_of(process: psutil.Process) -> str:
    try:
        return "" if has_gone(process) else process.environ().get("HOME", "")
    except psutil.Error:
        return ""


def test_everything_that_happens_is_in_the_event_log(api: Api) -> None:
    api.patch("+/config-vars", {"SECRET_MARK": f"canary {time.time()}"})
    api.settled()
    text = (api.address.directory / "events.jsonl").read_text()
    events = [json.loads(line) for line in text.splitlines()]
    version = api.latest()
    names = {item["event"] for item in events if item.get("release") == version or item.get("version") == version}
    assert names >= {"release", "dyno started", "dyno up"}
    assert [item["time"] for item in events] == sorted(item["time"] for item in events)
    assert "canary" not in text
    assert "amqp://" not in text
