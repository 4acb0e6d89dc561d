"""Side by side with the old add-on kept, then finished, on real parts and under traffic. make matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.stage import finish
from e2e.test_strategies import check_counted, check_on, move, short_lived, stage, start, traffic

if TYPE_CHECKING:
    from e2e.stage import Stage

    from migrate.sandbox.rehearsal.traffic import Traffic

__all__ = ["short_lived", "stage", "traffic"]


def test_side_by_side_the_old_add_on_is_kept_until_finish_is_said(stage: Stage, traffic: Traffic) -> None:
    kept = move(stage, "side-by-side", "--keep-old")
    migration = str(kept.result["migration"])
    check_on(stage, "bunny", CLOUDAMQP_NEW="bunny", CLOUDAMQP_OLD="lemur")
    done = finish(start(stage, "finish", migration))
    check_counted(stage, traffic)

    assert (kept.status, kept.result["code"]) == (0, "KEPT"), kept.err
    assert kept.result["next"] == [f"migrate-plan finish {migration}"]
    assert (done.status, done.result["code"]) == (0, "DONE"), done.err
    check_on(stage, "bunny")
