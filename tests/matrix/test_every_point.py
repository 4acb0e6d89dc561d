"""A migration by each strategy, on real parts and under traffic, killed at every fault point. make matrix."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from e2e.conftest import address, ready_stage, stage
from e2e.stage import BRISK, finish

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.stage import Stage

__all__ = ["address", "ready_stage", "stage"]

SET, REMOVE, ADD, ATTACH, DETACH = (
    ("PATCH", "config-vars"),
    ("DELETE", "addons"),
    ("POST", "addons"),
    ("POST", "addon-attachments"),
    ("DELETE", "addon-attachments"),
)
SCALE, CHANGE = ("PATCH", "formation"), ("PATCH", "addons")
BESIDE = (SCALE, ADD, SET, SCALE, ATTACH, ATTACH, ATTACH, SET, REMOVE, DETACH)
SENT = {
    "documented": (SET, REMOVE, ADD, ATTACH, SET),
    "side-by-side": BESIDE,
    "bridge": BESIDE,
    "in-place": (CHANGE,),
}
"""What each strategy asks of the platform, in this order and each once; the add-on has two names."""


@pytest.mark.parametrize("strategy", SENT)
def test_a_migration_that_is_killed_at_every_point_ends_like_an_undisturbed_one(
    ready_stage: Stage, tmp_path: Path, strategy: str
) -> None:
    stage, plan = ready_stage, "tiger" if strategy == "in-place" else "bunny"
    add_on = stage.call("GET", "+/addons")[0]
    stage.call("POST", "/addon-attachments", {"addon": add_on["name"], "app": stage.app, "name": "RABBIT"})
    stage.settled()
    before, asked = stage.call("GET", "+/config-vars"), len(stage.requests())
    killed_at, points = list[str](), tmp_path / "points"
    words = ["--to", plan, "--strategy", strategy, "--confirm", stage.app, "--json"]
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
    assert len(killed_at) >= 8 * len(SENT[strategy])
    assert sent(stage, asked) == SENT[strategy]
    assert [item["plan"]["name"] for item in stage.call("GET", "+/addons")] == [f"cloudamqp:{plan}"]
    assert stage.call("GET", "+/config-vars").keys() == before.keys()


def sent(stage: Stage, since: int) -> tuple[tuple[str, str], ...]:
    """Which writes the platform has answered since, each by its method and what it was about; all of them well."""
    writes = [item for item in stage.requests()[since:] if item["method"] != "GET"]
    assert all(item["status"] < 300 for item in writes), writes
    return tuple((item["method"], about(item["path"])) for item in writes)


def about(path: str) -> str:
    """Return the kind of resource that a path names: `/apps/shop/addons/x` is about addons."""
    parts = path.strip("/").split("/")
    return parts[2] if parts[0] == "apps" else parts[0]
