from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from migrate.sandbox.rehearsal.judgement import Judgement, KindCount, complaints, judge, line
from migrate.sandbox.rehearsal.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl", dyno="worker.1")


def execute(ledger: Ledger, task_id: str) -> None:
    with ledger.running(task_id, "worker"):
        pass


def cut_short(ledger: Ledger, task_id: str) -> None:
    """A try whose process was killed: it began, and nothing was written after that."""
    with suppress(KeyboardInterrupt), ledger.running(task_id, "worker"):
        raise KeyboardInterrupt


def stumble(ledger: Ledger, task_id: str) -> None:
    with suppress(RuntimeError), ledger.running(task_id, "worker"):
        ledger.retried(task_id)
        raise RuntimeError


def hand_and(ledger: Ledger, *deeds: str) -> Judgement:
    ledger.handed("t", "single.only", "single-1")
    for deed in deeds:
        {"execute": execute, "cut short": cut_short, "stumble": stumble}[deed](ledger, "t")
    return judge(ledger.path)


def test_a_task_that_ran_once_was_executed(ledger: Ledger) -> None:
    judgement = hand_and(ledger, "execute")

    assert (judgement.handed_over, judgement.executed, judgement.lost) == (1, 1, ())
    assert judgement.clean


def test_a_task_that_never_began_is_lost(ledger: Ledger) -> None:
    assert hand_and(ledger).lost == ("t",)


def test_a_task_that_was_killed_in_its_run_is_lost(ledger: Ledger) -> None:
    judgement = hand_and(ledger, "cut short")

    assert judgement.lost == judgement.running == ("t",)


def test_a_retried_task_is_executed_once_and_not_doubled(ledger: Ledger) -> None:
    judgement = hand_and(ledger, "stumble", "stumble", "execute")

    assert judgement.executed == 1
    assert judgement.clean


def test_a_task_whose_next_try_never_came_is_lost(ledger: Ledger) -> None:
    judgement = hand_and(ledger, "stumble")

    assert judgement.lost == ("t",)
    assert judgement.running == ()


def test_a_task_that_finished_twice_is_doubled(ledger: Ledger) -> None:
    judgement = hand_and(ledger, "execute", "execute")

    assert judgement.executed == 1
    assert judgement.doubled == ("t",)
    assert not judgement.clean


def test_a_task_that_runs_for_the_second_time_is_not_yet_clean(ledger: Ledger) -> None:
    judgement = hand_and(ledger, "execute", "cut short")

    assert judgement.lost == ()
    assert judgement.outstanding == ("t",)
    assert not judgement.clean


def test_a_delivery_after_a_killed_try_makes_up_for_it_but_is_not_clean(ledger: Ledger) -> None:
    judgement = hand_and(ledger, "cut short", "execute")

    assert (judgement.lost, judgement.doubled) == ((), ())
    assert complaints(judgement) == ("began and never ended: t",)


def test_a_refused_task_was_not_handed_over(ledger: Ledger) -> None:
    ledger.handed("t", "single.only", "single-1")
    ledger.refused("t")

    judgement = judge(ledger.path)

    assert (judgement.handed_over, judgement.lost, judgement.refused) == (0, (), ("t",))
    assert judgement.clean


def test_a_task_that_was_refused_and_ran_all_the_same_counts(ledger: Ledger) -> None:
    """The confirmation of a publish can get lost on its way back."""
    ledger.handed("t", "single.only", "single-1")
    ledger.refused("t")
    execute(ledger, "t")

    judgement = judge(ledger.path)

    assert (judgement.handed_over, judgement.executed, judgement.refused) == (1, 1, ())


def test_a_task_that_was_refused_and_ran_twice_is_doubled(ledger: Ledger) -> None:
    ledger.handed("t", "single.only", "single-1")
    execute(ledger, "t")
    ledger.refused("t")
    execute(ledger, "t")

    assert judge(ledger.path).doubled == ("t",)


def test_a_task_that_was_refused_and_killed_in_its_run_is_lost(ledger: Ledger) -> None:
    ledger.handed("t", "single.only", "single-1")
    ledger.refused("t")
    cut_short(ledger, "t")

    assert judge(ledger.path).lost == ("t",)


def test_a_child_whose_parent_ran_twice_is_one_task(ledger: Ledger) -> None:
    hand_and(ledger)

    judgement = hand_and(ledger, "execute", "execute")

    assert judgement.handed_over == 1
    assert judgement.doubled == ("t",)


def test_a_task_that_ran_though_nobody_handed_it_over_is_an_error_of_the_ledger(ledger: Ledger) -> None:
    execute(ledger, "stray")

    judgement = judge(ledger.path)

    assert (judgement.handed_over, judgement.executed, judgement.unknown) == (0, 0, ("stray",))
    assert not judgement.clean


def test_where_a_task_ran_first_is_counted(ledger: Ledger) -> None:
    for task_id, where in (("a", "inline"), ("b", "worker")):
        ledger.handed(task_id, "single.only", task_id)
        with ledger.running(task_id, "inline" if where == "inline" else "worker"):
            pass
    execute(ledger, "a")

    judgement = judge(ledger.path)

    assert (judgement.inline, judgement.on_worker) == (1, 1)
    assert judgement.doubled == ("a",)


def test_the_rest_of_a_chain_and_the_end_of_a_chord_are_missed_by_name(ledger: Ledger) -> None:
    for name in ("chain.1", "chain.2", "chain.3", "chord.header", "chord.body", "chord.tail"):
        ledger.handed(name, name, name.partition(".")[0])
    for name in ("chain.1", "chain.2", "chord.header"):
        execute(ledger, name)

    judgement = judge(ledger.path)

    assert judgement.lost == ("chain.3", "chord.body", "chord.tail")
    assert judgement.kinds == {"chain": KindCount(3, 2, 1, 0), "chord": KindCount(3, 1, 2, 0)}


def test_a_ledger_that_is_not_there_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        judge(tmp_path / "nothing.jsonl")


def test_the_last_line_has_exactly_this_form(ledger: Ledger) -> None:
    judgement = hand_and(ledger, "execute")

    assert line(judgement, 41.23) == "ledger: 1 handed over, 1 executed, 0 lost, 0 doubled; eager window 41.2 s"
    assert line(judgement, None) == "ledger: 1 handed over, 1 executed, 0 lost, 0 doubled"


def test_complaints_name_a_few_and_count_the_rest(ledger: Ledger) -> None:
    for number in range(7):
        ledger.handed(f"t{number}", "single.only", f"single-{number}")

    assert complaints(judge(ledger.path)) == ("lost: t0, t1, t2, t3, t4 and 2 more",)
