from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import requests
from sandbox_client import Api, check_refused

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.contract
LINE = re.compile(r"(?P<time>\S+) (?P<source>app|heroku)\[(?P<process>[\w.]+)\]: (?P<text>.*)")


def lines_of(api: Api, **wanted: object) -> list[re.Match[str]]:
    session = api.post("+/log-sessions", wanted)
    matches = [LINE.fullmatch(line) for line in requests.get(session["logplex_url"], timeout=10).text.splitlines()]
    return [match for match in matches if match]


def test_what_a_dyno_prints_is_in_the_log_with_the_time_and_in_its_file_as_it_is(api: Api) -> None:
    before = datetime.now(UTC)
    made = api.post("+/dynos", {"command": "printf 'one\\n\\ntwo'; printf err >&2"})
    api.wait(lambda: made["name"] not in api.dynos())
    printed = lines_of(api, source="app", dyno_name=made["name"])
    assert [line["text"] for line in printed] == ["one", "", "twoerr"]
    times = [datetime.fromisoformat(line["time"]) for line in printed]
    moments = [before, *times, datetime.now(UTC)]
    assert moments == sorted(moments)
    file = api.address.directory / "logs" / api.address.app / f"{made['name']}.log"
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"one\n\ntwoerr", 0o600)
    ended = lines_of(api, source="heroku", dyno=made["name"])[-1]
    assert ended["text"] == "Process exited with status 0"


def test_the_platform_and_the_router_write_into_the_log(api: Api) -> None:
    api.patch("+/config-vars", {"LOGGED": datetime.now(UTC).isoformat()})
    api.settled()
    requests.get(f"{api.address.router_url}/some?secret=1", timeout=5)
    texts = [(line["process"], line["text"]) for line in lines_of(api, lines=1500)]
    assert ("api", "Set LOGGED config vars by user operator@example.com") in texts
    assert ("api", f"Release v{api.latest()} created by user operator@example.com") in texts
    assert ("worker.1", "Stopping all processes with SIGTERM") in texts
    assert ("worker.1", "State changed from starting to up") in texts
    (routed,) = [text for process, text in texts if process == "router"][-1:]
    assert routed.startswith('at=info method=GET path="/some" dyno=web.1 service=')
    assert routed.endswith("ms status=200 protocol=http")


def test_a_session_shows_as_many_lines_of_the_process_type_as_asked_for(api: Api) -> None:
    assert len(lines_of(api, lines=1)) == 1
    assert lines_of(api, lines=0) == []
    assert {line["process"].partition(".")[0] for line in lines_of(api, type="worker")} == {"worker"}
    assert {line["process"] for line in lines_of(api, dyno_name="worker.1")} == {"worker.1"}
    check_refused(api.call("POST", "+/log-sessions", {"lines": "many"}), 422, "invalid_params")
    assert requests.get(f"{api.address.api_url}/log-output/nobody", timeout=5).status_code == 404


def test_a_tail_goes_on_as_server_sent_events(api: Api) -> None:
    session = api.post("+/log-sessions", {"tail": True, "lines": 0, "source": "app"})
    headers = {"Accept": "text/event-stream"}
    with requests.get(session["logplex_url"], headers=headers, stream=True, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        received: Iterator[str] = (line.decode() for line in answer.iter_lines(chunk_size=1) if line)
        for number in range(2):
            made = api.post("+/dynos", {"command": f"echo number {number}"})
            assert next(received).endswith(f" app[{made['name']}]: number {number}")
