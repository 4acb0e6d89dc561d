"""Bringing workers of every kind to rest, and putting them back on their queues."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.crew import DEADLINE, Crew, FakeWorker

from migrate.brokers.report import BrokerUnreadable
from migrate.changes.releases import SHUTDOWN_SECONDS
from migrate.errors import WorkersBusy
from migrate.events import StepNoted
from migrate.platform import Dyno
from migrate.steps.verify import Verify
from migrate.workers.quiet import bring_to_rest, keep_quiet, quiesce, restore

FOR_EVER = 1e9


def notes(crew: Crew) -> list[str]:
    return [event.text for event in crew.heard if isinstance(event, StepNoted)]


def refused(crew: Crew, **decided: object) -> WorkersBusy:
    with pytest.raises(WorkersBusy) as caught:
        quiesce(crew.run(**decided))
    return caught.value


def test_what_runs_is_waited_for_with_nobody_on_a_queue() -> None:
    crew = Crew([FakeWorker("celery@one", ends=40), FakeWorker("celery@two", {"mails", "celery"})])
    run = crew.run()

    quiesce(run)

    assert 40 <= crew.clock.monotonic() < 45
    assert crew.consuming == {}
    assert run.journal.consumers_off == {"celery@one": ["celery"], "celery@two": ["celery", "mails"]}
    assert (crew.told[0].detail or {})["tasks"] == [
        {"id": "task of celery@one", "name": "shop.tasks.charge", "worker": "celery@one", "seconds": 0}
    ]


def test_workers_at_rest_are_seen_to_be_so_at_once() -> None:
    crew = Crew([FakeWorker("celery@one", set())])
    quiesce(crew.run())
    assert crew.clock.monotonic() < 1


def test_whether_a_dyno_is_starting_is_asked_right_before_a_call_that_restarts_it_and_not_before() -> None:
    crew = Crew([FakeWorker("celery@one")])
    run = crew.run()
    heroku: Any = run.heroku
    ask, asked = heroku.dynos, list[str]()

    def count(app: str) -> object:
        asked.append(app)
        return ask(app)

    heroku.dynos = count
    bring_to_rest(run)
    before = len(asked)
    quiesce(run)

    assert crew.consuming == {}
    assert (before, len(asked)) == (0, 1)


def test_a_solo_pool_that_runs_a_task_is_waited_for_and_leaves_its_queue_when_it_reads_its_mailbox() -> None:
    solo = FakeWorker("celery@solo", pool="solo", ends=90)
    crew = Crew([FakeWorker("celery@one"), solo])
    run = crew.run()

    quiesce(run)

    assert crew.clock.monotonic() >= 90
    assert crew.consuming == {}
    assert run.journal.consumers_off["celery@solo"] == ["celery"]
    assert "celery@solo did not" in crew.told[0].reason


def test_a_silent_worker_does_not_keep_the_others_on_their_queues() -> None:
    crew = Crew([FakeWorker("celery@one"), FakeWorker("celery@solo", pool="solo", ends=FOR_EVER)])

    error = refused(crew)

    assert crew.consuming == {"celery@solo": {"celery"}}
    assert "1 of 2 workers answer; celery@solo did not" in error.why
    assert "--accept" not in error.why


def test_a_worker_that_answers_a_ping_alone_is_a_silent_one() -> None:
    crew = Crew([FakeWorker("celery@one"), FakeWorker("celery@two", stuck=True)])
    assert "celery@two did not" in refused(crew).why
    assert "celery@one" not in crew.consuming


def test_a_worker_that_cannot_be_controlled_shows_on_its_queue() -> None:
    crew = Crew([FakeWorker("celery@one"), FakeWorker("celery@deaf", controlled=False)])
    assert "1 of 2 workers answer" in refused(crew).why


def test_a_deaf_worker_that_nobody_counted_shows_on_its_queue() -> None:
    crew = Crew([FakeWorker("celery@one"), FakeWorker("celery@deaf", controlled=False)])
    assert "still consumes from celery" in refused(crew, workers=1).why


def test_a_worker_that_no_list_shows_yet_is_found_by_its_queue_and_taken_off() -> None:
    # Behind the others by its name: a roll call that ends at their number does not reach it.
    late = FakeWorker("celery@z", comes=10.0, ends=14)
    crew = Crew([FakeWorker("celery@one", ends=10.2), late])
    run = crew.run()

    quiesce(run)

    assert crew.consuming == {}
    assert run.journal.consumers_off["celery@z"] == ["celery"]
    assert "somebody has begun to consume from celery" in [waiting.reason for waiting in crew.told]


def test_a_consumer_that_comes_back_is_taken_off_again() -> None:
    worker = FakeWorker("celery@one", {"celery", "mails"}, ends=20)
    crew = Crew([worker])
    run = crew.run()

    def reconnected() -> None:
        if crew.clock.monotonic() > 10:
            crew.on_look = lambda: None
            worker.queues.add("mails")

    crew.on_look = reconnected
    quiesce(run)

    assert crew.consuming == {}
    assert run.journal.consumers_off == {"celery@one": ["celery", "mails"]}


def test_a_dyno_that_starts_is_waited_for() -> None:
    crew = Crew([FakeWorker("celery@one")])
    run = crew.run()
    starts = (Dyno("dyno-1", "worker.1", "worker", "up", 1), Dyno("dyno-2", "worker.2", "worker", "starting", 1))
    heroku: Any = run.heroku
    heroku.dynos = lambda _app: starts if crew.clock.monotonic() < 15 else starts[:1]

    quiesce(run)

    assert crew.clock.monotonic() >= 15
    assert crew.told[0].reason.startswith("worker.2 starting")


def test_a_task_longer_than_the_deadline_is_named_with_what_a_restart_would_cost_and_how_to_go_on() -> None:
    crew = Crew(
        [FakeWorker("celery@one", ends=FOR_EVER), FakeWorker("celery@two", ends=FOR_EVER, acknowledged=False)]
    )

    error = refused(crew)

    assert error.what == f"The workers did not come to rest in {DEADLINE:.0f} s."
    assert "Still running: shop.tasks.charge (600 s) on celery@one, " in error.why
    assert "A restart now would lose 2. " in error.why
    assert "--accept TASKS_KILLED=2" in error.why
    assert error.options == ("--quiesce-timeout", "3600")


def test_a_loss_that_was_accepted_with_its_number_is_borne_at_the_deadline_and_not_before() -> None:
    crew = Crew([FakeWorker("celery@one", ends=FOR_EVER)])

    quiesce(crew.run(accepted=("TASKS_KILLED=1",)))

    assert crew.clock.monotonic() >= DEADLINE
    assert crew.consuming == {}
    assert "shop.tasks.charge 600 s" in notes(crew)[0]


@pytest.mark.parametrize("accepted", ["TASKS_KILLED", "TASKS_KILLED=1", "TASKS_KILLED=", "TASKS_KILLED=many"])
def test_more_than_was_accepted_is_not_lost(accepted: str) -> None:
    crew = Crew([FakeWorker("celery@one", ends=FOR_EVER), FakeWorker("celery@two", ends=FOR_EVER)])
    assert "--accept TASKS_KILLED=2" in refused(crew, accepted=(accepted,)).why


def test_an_accepted_loss_covers_no_worker_that_is_silent() -> None:
    crew = Crew([FakeWorker("celery@one", ends=FOR_EVER), FakeWorker("celery@solo", pool="solo", ends=FOR_EVER)])
    refused(crew, accepted=("TASKS_KILLED=100",))


def test_an_accepted_loss_covers_no_worker_that_goes_on_taking() -> None:
    crew = Crew([FakeWorker("celery@one", ends=FOR_EVER), FakeWorker("celery@deaf", controlled=False)])
    refused(crew, workers=1, accepted=("TASKS_KILLED=100",))


def test_where_silence_was_accepted_a_silent_worker_keeps_nothing_waiting() -> None:
    crew = Crew([FakeWorker("celery@one"), FakeWorker("celery@solo", pool="solo", ends=FOR_EVER)])

    quiesce(crew.run(accepted=("WORKERS_SILENT",)))

    assert crew.consuming == {"celery@solo": {"celery"}}
    assert crew.workers[1].mailbox == [("cancel_consumer", "celery")]


def test_a_queue_that_a_worker_was_taken_off_is_not_forgotten_over_another_one() -> None:
    journal = Crew([]).run().journal
    journal.take_off({"celery@one": ["celery", "mails"]})
    journal.take_off({"celery@one": ["mails"], "celery@two": ["celery"]})
    assert journal.consumers_off == {"celery@one": ["celery", "mails"], "celery@two": ["celery"]}


def test_a_worker_that_restarts_while_a_release_command_runs_is_taken_off() -> None:
    crew = Crew([FakeWorker("celery@one"), FakeWorker("celery@two", comes=100)])
    run = crew.run()
    quiesce(run)
    look = keep_quiet(run)

    while crew.clock.monotonic() < 130:
        look()
        crew.clock.sleep(1.5)

    assert crew.consuming == {}
    assert run.journal.consumers_off["celery@two"] == ["celery"]


def test_while_a_release_command_runs_workers_are_asked_seldom() -> None:
    crew = Crew([FakeWorker("celery@one")])
    looks: list[float] = []
    crew.on_look = lambda: looks.append(crew.clock.monotonic())
    look = keep_quiet(crew.run())

    for _ in range(40):
        look()
        crew.clock.sleep(1.5)

    assert 4 <= len(looks) <= 6


def test_a_broker_that_cannot_be_read_does_not_end_the_wait_for_a_release() -> None:
    crew = Crew([FakeWorker("celery@one")])

    def unreadable() -> None:
        raise BrokerUnreadable("connection reset")

    crew.on_look = unreadable
    keep_quiet(crew.run())()


def test_every_worker_is_put_back_on_exactly_its_queues() -> None:
    crew = Crew([FakeWorker("celery@one"), FakeWorker("celery@two", {"mails", "celery"})])
    run = crew.run()
    quiesce(run)

    restore(run)

    assert crew.consuming == {"celery@one": {"celery"}, "celery@two": {"celery", "mails"}}
    assert run.journal.consumers_off == {}
    assert notes(crew) == []


def test_a_worker_that_is_silent_when_others_are_put_back_finds_word_of_it() -> None:
    solo = FakeWorker("celery@solo", pool="solo", ends=FOR_EVER)
    crew = Crew([FakeWorker("celery@one"), solo])
    run = crew.run()
    with pytest.raises(WorkersBusy):
        quiesce(run)

    restore(run)

    assert solo.mailbox == [("cancel_consumer", "celery"), ("add_consumer", "celery")]
    assert crew.consuming["celery@one"] == {"celery"}


def test_an_older_celery_forgets_at_its_next_reconnection_that_it_was_put_back_and_that_is_said() -> None:
    crew = Crew([FakeWorker("celery@one", version=(5, 6, 3))])
    run = crew.run()
    quiesce(run)

    restore(run)

    (note,) = notes(crew)
    assert "celery@one" in note
    assert "heroku ps:restart --app shop" in note


def test_a_worker_that_was_taken_off_as_a_release_went_live_is_back_once_old_dynos_are_gone() -> None:
    late = FakeWorker("celery@late", set())
    crew = Crew([FakeWorker("celery@one"), late])
    run = crew.run(consumed=("celery",))
    run.journal.take_off({"celery@late": ["celery"], "celery@gone": ["celery"]})

    Verify().do(run)

    assert SHUTDOWN_SECONDS <= crew.clock.monotonic() < SHUTDOWN_SECONDS + 5
    assert late.queues == {"celery"}
    assert run.journal.consumers_off == {}


def test_where_no_worker_is_off_its_queues_the_end_is_seen_at_once() -> None:
    crew = Crew([FakeWorker("celery@one")])
    run = crew.run(consumed=("celery",))
    run.journal.take_off({"celery@gone": ["celery"]})
    Verify().do(run)
    assert crew.clock.monotonic() < 1


def test_heroku_is_asked_for_dynos_that_crashed_where_fewer_answer_than_there_were() -> None:
    asked: list[str] = []
    crew = Crew([FakeWorker("celery@one")])
    run = crew.run()
    heroku: Any = run.heroku
    heroku.on_read = asked.append

    quiesce(run)

    assert "formation" not in asked
