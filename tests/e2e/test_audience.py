"""Who hears of a migration that is killed and resumed: record, audit log, hook, chat, another terminal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psutil
from fakes.http_server import Answer, serving

from e2e.stage import BRISK, finish, running, until

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.stage import Stage

CANARY = "T0CANARY/B0CANARY/notifycanary"


def recorded(stage: Stage) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(stage.home / "state" / "migrate-plan" / "migrations.sqlite3")) as store:
        rows = store.execute("SELECT sequence, body FROM events ORDER BY sequence").fetchall()
    assert [number for number, _ in rows] == list(range(len(rows)))
    return [json.loads(body) for _, body in rows]


def is_worked_on_or_done(stage: Stage, migration: str) -> bool:
    seen = stage.run("status", migration, "--json").events[0]
    return bool(seen["holder"]) or seen["phase"] == "done"


def everything_written(home: Path) -> str:
    files = (path for path in home.rglob("*") if path.is_file())
    return "\n".join(path.read_bytes().decode(errors="replace") for path in files)


def test_whoever_is_to_hear_of_a_migration_does_through_a_kill_and_hears_no_secret(
    ready_stage: Stage,
) -> None:
    stage = ready_stage
    secrets = stage.secrets()
    hook = f'{{ env; cat; }} >> {stage.home}/heard; [ "$MIGRATE_EVENT" != before-verify ] || [ -e {stage.home}/may ]'
    besides = ("--audit-log", str(stage.home / "audit"), "--hook", hook)
    move = ("--to", "bunny", "--confirm", stage.app, "--json", *besides)
    with serving(Answer(b"ok")) as chat:
        notify = {"MIGRATE_NOTIFY": f"{chat.url}/services/{CANARY}", "SHUTDOWN": "1", "SETTLE": "1"}
        killed = finish(stage.start(*move, wrapper=BRISK, KILL_AT="drain: before done", **notify))
        assert killed.status == -9, killed.err
        migration = killed.events[-1]["migration"]
        seen = stage.run("status", migration, "--watch", "--json")
        assert (seen.status, seen.events[0]["step"], seen.events[0]["holder"]) == (3, "drain", "")
        assert seen.events[0]["eager_since"]
        stopped = finish(stage.start("resume", migration, "--json", *besides, wrapper=BRISK, **notify))
        assert (stopped.status, stopped.result["code"]) == (3, "HOOK_REFUSED"), stopped.err
        (stage.home / "may").touch()
        with running(stage.start("resume", migration, "--json", *besides, wrapper=BRISK, **notify)) as resumed:
            until(lambda: is_worked_on_or_done(stage, migration))
            watched = stage.run("status", migration, "--watch", "--json")
            done = finish(resumed)
        texts = [json.loads(asked.body)["text"] for asked in chat.asked]

    assert done.status == 0, done.err
    assert watched.status == 0, watched.out
    events = recorded(stage)
    assert [event["resumed"] for event in events if event["type"] == "migration.started"] == [False, True, True]
    assert [event["exit"] for event in events if event["type"] == "result"] == [3, 0]
    calls = [event for event in events if event["type"] == "api.call"]
    assert {"GET", "PATCH", "POST", "DELETE"} <= {call["method"] for call in calls}
    assert all(call["request_id"] and call["seconds"] > 0 for call in calls)
    assert [event["changed"] for event in events if event["type"] == "app.seen"][-1]["CLOUDAMQP_URL"] == "changed"
    audit = [json.loads(line) for line in (stage.home / "audit").read_text().splitlines()]
    assert {line["pid"] for line in audit} == {line["pid"] for line in audit if line["app"] == stage.app}
    assert len({line["pid"] for line in audit}) == 3
    assert [text.partition("): ")[2].partition(" ")[0].rstrip(".") for text in texts] == [
        *("started", "resumed", "removing", "stopped", "resumed", "done"),
    ]
    heard = (stage.home / "heard").read_text()
    assert "MIGRATE_EVENT=before-drain" in heard
    assert "MIGRATE_EVENT=result" in heard
    written = everything_written(stage.home) + "".join(
        f"{end.out}{end.err}" for end in (killed, stopped, done, watched)
    )
    written += " ".join(texts)
    secrets |= stage.secrets() | {"notifycanary"}
    assert [secret for secret in secrets if secret in written] == []
    running_now = psutil.process_iter(["cmdline"])
    assert not [process for process in running_now if any("/heard" in word for word in process.info["cmdline"] or ())]
