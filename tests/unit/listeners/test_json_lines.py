from __future__ import annotations

import io
import json

from fakes.clock import FakeClock

from migrate.events import ApiCalled, Result, StepWaiting
from migrate.exits import Exit
from migrate.listeners.json_lines import JsonLines
from migrate.secrets import Secret

CANARY = 'Canary"p@ss/wörd'


def written(*events: object) -> list[dict[str, object]]:
    stream = io.StringIO()
    listener = JsonLines(stream, FakeClock())
    for event in events:
        listener.hear(event, "mig-222222")  # type: ignore[arg-type]
    listener.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_version_type_time_and_migration() -> None:
    (line,) = written(StepWaiting("drain", "3 messages left", {"queues": []}))

    assert line == {
        "v": 1,
        "type": "step.waiting",
        "time": "2026-11-24T12:00:00.000+00:00",
        "migration": "mig-222222",
        "step": "drain",
        "reason": "3 messages left",
        "detail": {"queues": []},
    }


def test_a_status_is_a_plain_number() -> None:
    (line,) = written(Result(Exit.RESUMABLE, "X", "", "", "", ("a", "b")))

    assert (line["exit"], line["next"]) == (3, ["a", "b"])


def test_a_secret_is_masked_wherever_it_stands_also_where_json_would_have_to_escape_it() -> None:
    Secret(CANARY)
    (line,) = written(StepWaiting("drain", f"it is {CANARY}", {"queues": [{"name": CANARY}]}))

    assert line["reason"] == "it is [secret]"
    assert line["detail"] == {"queues": [{"name": "[secret]"}]}


def test_of_the_calls_to_heroku_those_that_may_change_something_are_written() -> None:
    calls = [ApiCalled("add", method, "/apps/shop", 200, "", "abc", 0.1, 4000) for method in ("GET", "POST", "GET")]

    assert [line["method"] for line in written(*calls)] == ["POST"]
