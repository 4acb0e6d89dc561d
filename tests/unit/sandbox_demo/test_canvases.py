from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from demo_app import canvases, handing, tasks

from migrate.sandbox.demo.traffic import SHARES
from migrate.sandbox.rehearsal.judgement import judge
from migrate.sandbox.rehearsal.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migrate.sandbox.rehearsal.judgement import Judgement

SEEDS = range(20)


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Every test has a ledger of its own, and work takes no time."""
    fresh = Ledger(tmp_path / "ledger.jsonl")
    monkeypatch.setattr(tasks, "ledger", fresh)
    monkeypatch.setattr(handing, "ledger", fresh)
    monkeypatch.setattr(tasks.clock, "sleep", lambda _: None)
    return fresh


@pytest.fixture
def eager() -> Iterator[None]:
    tasks.app.conf.task_always_eager = True
    yield
    tasks.app.conf.task_always_eager = False


@pytest.fixture
def broker_fails_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let some messages through, then raise what Celery raises when the broker is gone."""

    def arrange(messages: int) -> None:
        send, left = tasks.app.amqp.send_task_message, [messages]

        def limited(*args: object, **options: object) -> object:
            if not left[0]:
                raise OSError("connection reset by peer")
            left[0] -= 1
            return send(*args, **options)

        monkeypatch.setattr(tasks.app.amqp, "send_task_message", limited)

    return arrange


def drawn(kind: str, seed: int = 1) -> canvases.Canvas:
    return canvases.draw(kind, random.Random(seed))


def refused(canvas: canvases.Canvas, ledger: Ledger) -> Judgement:
    with pytest.raises(handing.RefusedError, match=canvas.id):
        handing.hand_over(canvas)
    return judge(ledger.path)


def test_traffic_and_app_know_the_same_kinds() -> None:
    assert set(SHARES) == set(canvases.KINDS)
    assert sum(SHARES.values()) == 100


@pytest.mark.parametrize("kind", canvases.KINDS)
def test_ids_are_new_each_time_and_unique_within_a_canvas(kind: str) -> None:
    ids = [entry.id for _ in range(5) for entry in drawn(kind).entries]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", canvases.KINDS)
def test_a_seed_draws_the_same_shape(kind: str) -> None:
    assert [entry.name for entry in drawn(kind, 7).entries] == [entry.name for entry in drawn(kind, 7).entries]


@pytest.mark.parametrize("kind", canvases.KINDS)
@pytest.mark.usefixtures("eager")
def test_in_eager_mode_every_task_of_a_canvas_runs_once_and_inline(kind: str, ledger: Ledger) -> None:
    expected = 0
    for seed in SEEDS:
        canvas = drawn(kind, seed)
        expected += len(canvas.entries)
        handing.hand_over(canvas)

    judgement = judge(ledger.path)

    assert judgement.clean
    assert judgement.inline == judgement.handed_over >= expected


@pytest.mark.parametrize("kind", canvases.KINDS)
@pytest.mark.usefixtures("eager")
def test_a_canvas_never_takes_longer_than_a_request_may(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(tasks.clock, "sleep", slept.append)
    monkeypatch.setattr(canvases, "DURATIONS", ((1.0, 5.0, 5.0),))
    for seed in SEEDS:
        slept.clear()
        handing.hand_over(drawn(kind, seed))
        assert 0 < sum(slept) <= canvases.LONGEST_CANVAS + 0.01


def test_durations_reach_from_ten_milliseconds_to_five_seconds_and_are_mostly_short() -> None:
    chance = random.Random(1)
    durations = [canvases.duration(chance) for _ in range(5000)]

    assert min(durations) >= 0.01
    assert 4 < max(durations) <= 5
    assert sum(seconds < 0.1 for seconds in durations) > 0.75 * len(durations)
    assert sum(seconds > 2 for seconds in durations) > 10


def test_a_published_canvas_is_owed_as_a_whole(ledger: Ledger) -> None:
    for kind in canvases.KINDS:
        handing.hand_over(drawn(kind))

    judgement = judge(ledger.path)

    assert judgement.refused == ()
    assert len(judgement.lost) == judgement.handed_over > 10


@pytest.mark.parametrize("kind", canvases.KINDS)
def test_when_nothing_could_be_published_nothing_is_owed(
    kind: str, ledger: Ledger, broker_fails_after: Callable[[int], None]
) -> None:
    broker_fails_after(0)
    canvas = drawn(kind)

    judgement = refused(canvas, ledger)

    assert judgement.handed_over == 0
    assert judgement.refused == tuple(sorted(entry.id for entry in canvas.entries))


def test_members_of_a_group_that_were_published_stay_owed(
    ledger: Ledger, broker_fails_after: Callable[[int], None]
) -> None:
    broker_fails_after(2)
    canvas = drawn("group")

    assert refused(canvas, ledger).lost == tuple(entry.id for entry in canvas.entries[:2])


def test_the_body_of_a_chord_is_owed_only_with_its_whole_header(
    ledger: Ledger, broker_fails_after: Callable[[int], None]
) -> None:
    """The first message of a chord is the one that waits for the header."""
    broker_fails_after(2)
    canvas = drawn("chord")

    assert refused(canvas, ledger).lost == (canvas.entries[0].id,)


def test_what_an_earlier_canvas_published_does_not_count_for_the_next(
    ledger: Ledger, broker_fails_after: Callable[[int], None]
) -> None:
    handing.hand_over(drawn("single"))
    broker_fails_after(0)

    judgement = refused(drawn("single"), ledger)

    assert (judgement.handed_over, len(judgement.refused)) == (1, 1)


def test_a_parent_that_cannot_hand_over_its_child_is_not_counted_as_done(
    ledger: Ledger, broker_fails_after: Callable[[int], None]
) -> None:
    """Nobody else would tell: the child's loss must not look like a task that was never there."""
    canvas = drawn("spawn")
    (parent,) = canvas.entries
    ledger.handed(parent.id, parent.name, canvas.id)
    broker_fails_after(0)
    canvas.signature.apply()

    judgement = judge(ledger.path)

    assert parent.id in judgement.lost
    assert f"{parent.id}.1" in judgement.lost


def test_a_worker_is_never_eager_whatever_the_config_vars_say() -> None:
    conf = type("Conf", (), {"task_always_eager": True})()

    tasks.stay_on_the_queue(conf=conf)

    assert conf.task_always_eager is False
