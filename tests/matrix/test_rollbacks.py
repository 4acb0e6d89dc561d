"""From the middle of strategies with two add-ons, killed on the way back as well, on real parts. make matrix."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from e2e.conftest import address, ready_stage, stage
from e2e.stage import BRISK, finish

from migrate.fault_points import AFTER_DONE, AFTER_EFFECT

if TYPE_CHECKING:
    from e2e.stage import Stage

__all__ = ["address", "ready_stage", "stage"]

POINTS = {
    "side-by-side": ("add-beside", "eager-on", "drain", "spare", "reattach", "eager-off", "verify"),
    "bridge": ("add-beside", "bridge-on", "drain", "spare", "reattach", "bridge-off", "verify"),
}
TURNS = [(strategy, f"{step}: {AFTER_DONE}") for strategy, steps in POINTS.items() for step in steps]


@pytest.mark.parametrize(("strategy", "point"), [*TURNS, ("bridge", f"reattach: {AFTER_EFFECT}")])
def test_from_every_step_before_the_removal_the_app_comes_back_with_its_tasks(
    ready_stage: Stage, strategy: str, point: str
) -> None:
    stage = ready_stage
    before, add_ons, names, _ = stage.snapshot()
    words = ("--to", "bunny", "--strategy", strategy, "--confirm", stage.app, "--json")
    with stage.traffic(rate=3.0) as traffic:
        killed = finish(stage.start(*words, wrapper=BRISK, KILL_AT=point), 300)
        assert killed.status == -signal.SIGKILL, killed.err
        back = ("rollback", str(killed.events[-1]["migration"]), "--confirm", stage.app, "--json")
        again = finish(stage.start(*back, wrapper=BRISK, KILL_AT=f"workers-down-back: {AFTER_DONE}"), 300)
        assert again.status == -signal.SIGKILL, again.err
        undone = finish(stage.start(*back, wrapper=BRISK), 300)
        traffic.stop()
    judgement = stage.verdict()

    assert (undone.status, undone.result["code"]) == (8, "ROLLED_BACK"), undone.err
    assert judgement.clean, judgement
    config, left, named, _ = stage.snapshot()
    assert (config, left, named) == (before, add_ons, names)
