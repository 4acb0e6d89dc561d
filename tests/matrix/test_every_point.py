"""One migration on real parts and under traffic, killed at every fault point in turn. Takes minutes: make matrix."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from e2e.conftest import address, ready_stage, stage
from e2e.stage import BRISK, finish

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.stage import Stage

__all__ = ["address", "ready_stage", "stage"]


def test_a_migration_that_is_killed_at_every_point_ends_like_an_undisturbed_one(
    ready_stage: Stage, tmp_path: Path
) -> None:
    stage = ready_stage
    add_on = stage.call("GET", "+/addons")[0]
    stage.call("POST", "/addon-attachments", {"addon": add_on["name"], "app": stage.app, "name": "RABBIT"})
    stage.settled()
    before, writes = stage.call("GET", "+/config-vars"), len(stage.requests())
    words, killed_at, points = ["--to", "bunny", "--confirm", stage.app, "--json"], list[str](), tmp_path / "points"
    with stage.traffic(rate=3.0) as traffic:
        while True:
            known = set(points.read_text().splitlines()) if points.exists() else set()
            process = finish(stage.start(*words, wrapper=BRISK, KILL_AT_NEW_POINT_OF=str(points)), 300)
            if process.status != -signal.SIGKILL:
                break
            (new,) = set(points.read_text().splitlines()) - known
            killed_at.append(new)
            words = ["resume", "--app", stage.app, "--json"]
        traffic.stop()
    judgement = stage.verdict()

    assert (process.status, process.result["code"]) == (0, "DONE"), process.err
    assert judgement.clean, judgement
    assert len(killed_at) >= 40
    sent = [(item["method"], item["status"]) for item in stage.requests()[writes:] if item["method"] != "GET"]
    assert sent == [("PATCH", 200), ("DELETE", 200), ("POST", 201), ("POST", 201), ("PATCH", 200)]
    assert [item["plan"]["name"] for item in stage.call("GET", "+/addons")] == ["cloudamqp:bunny"]
    assert stage.call("GET", "+/config-vars").keys() == before.keys()
