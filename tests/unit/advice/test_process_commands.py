"""What command lines of the formation say of Celery workers, beat and Flower."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.advice.process_commands import ProcessCommands, WorkerCommand, read_commands
from migrate.brokers.report import Unreadable
from migrate.platform import ProcessType


def commands(command: str, type_: str = "worker", **variables: str) -> ProcessCommands:
    return read_commands([ProcessType(type_, 2, command)], variables)


def worker(command: str, **variables: str) -> WorkerCommand:
    (found,) = commands(command, **variables).workers
    return found


@pytest.mark.parametrize(
    "options",
    ["-c 4", "-c4", "--concurrency=4", "--concurrency 4", "-E -c 4", "-Ec4", "-c 8 --concurrency 4", "-lINFO -c4"],
)
def test_the_concurrency_is_read_as_celery_reads_it(options: str) -> None:
    assert worker(f"celery -A shop worker {options}").concurrency == 4


def test_a_concurrency_that_is_not_said_is_none() -> None:
    found = worker("celery -A shop worker")

    assert (found.type, found.quantity, found.concurrency, found.pool, found.at_once) == (
        "worker",
        2,
        None,
        "prefork",
        None,
    )


@pytest.mark.parametrize(
    "command",
    [
        "celery -A shop worker -c $X",
        "celery -A shop worker -c ${X:-9}",
        "celery -A shop worker --concurrency=${X}",
        "celery -A shop worker -c${Y:-4}",
        "celery -A shop worker $OPTIONS",
        'sh -c "exec celery -A shop worker -c $X"',
        "export Z=1; exec celery -A shop worker -c $X",
    ],
)
def test_a_number_in_a_variable_is_its_value(command: str) -> None:
    assert worker(command, X="4", OPTIONS="-c 4 --without-gossip").concurrency == 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$X", "X is not among the config vars"),
        ("4${CANARY}", "CANARY is no plain number"),
        ("$(nproc)", "it is what a command prints on the dyno"),
        ("`nproc`", "it is what a command prints on the dyno"),
        ("$((2 * N))", "it is what a command prints on the dyno"),
        ("many", "it is no plain number"),
    ],
)
def test_a_number_that_only_the_dyno_knows_is_unreadable_and_shows_no_value(text: str, reason: str) -> None:
    found = worker(f"celery -A shop worker -c {text} --without-mingle", CANARY="canary 4")

    assert found.concurrency == Unreadable(reason)
    assert found.without == {"mingle"}
    assert "canary 4" not in repr(found)


def test_the_flags_and_what_else_makes_connections_are_seen() -> None:
    found = worker(
        "celery -A shop worker --without-gossip --without-mingle --without-heartbeat -EB -P threads -Q a,b "
        "--autoscale=10,3 -b $CLOUDAMQP_URL"
    )

    assert found.without == {"gossip", "mingle", "heartbeat"}
    assert (found.events, found.beat, found.pool, found.queues) == (True, True, "threads", ("a", "b"))
    assert (found.autoscale, found.at_once, found.names_broker) == (10, 10, True)


@pytest.mark.parametrize(
    ("command", "misplaced", "late"),
    [
        ("celery -A shop worker -c 4", (), ()),
        ("celery -A shop -c 4 --without-gossip worker", ("-c", "--without-gossip"), ()),
        ("celery -A shop --concurrency=4 worker -l INFO", ("--concurrency",), ()),
        ("celery worker -A shop -c 4", (), ("-A",)),
        ("celery --app=shop -b $X worker", (), ()),
    ],
)
def test_options_on_the_wrong_side_of_worker_are_named(
    command: str, misplaced: tuple[str, ...], late: tuple[str, ...]
) -> None:
    found = worker(command)

    assert (found.misplaced, found.late) == (misplaced, late)


def test_a_variable_in_the_place_of_options_that_nobody_knows_is_named() -> None:
    assert worker("celery -A shop worker $OPTIONS -c 2").unread == ("$OPTIONS",)
    assert worker("celery -A shop worker $OPTIONS", OPTIONS="-c 2").unread == ()


def test_solo_runs_one_task_at_once() -> None:
    assert worker("celery -A shop worker -P solo -c 8").at_once == 1


def test_two_workers_of_a_dyno_are_two() -> None:
    found = commands("celery -A shop worker -Q a -c 1 & celery -A shop worker -Q b -c 2 & wait").workers

    assert [(item.queues, item.concurrency) for item in found] == [(("a",), 1), (("b",), 2)]


@pytest.mark.parametrize("command", ["", "bin/worker", "python run.py", "honcho start", "cd celery && ./run"])
def test_what_a_script_hides_is_not_known_and_not_none(command: str) -> None:
    found = commands(command)

    assert (found.workers, found.hidden) == ((), ("worker",))


def test_beat_and_flower_are_seen_alone_and_within() -> None:
    found = read_commands(
        [
            ProcessType("clock", 1, "celery -A shop beat"),
            ProcessType("both", 1, "celery -A shop worker -B"),
            ProcessType("monitor", 1, "celery -A shop flower --port=$PORT"),
            ProcessType("old", 1, "flower --port=$PORT"),
            ProcessType("release", 1, "python manage.py migrate"),
        ],
        {},
    )

    assert (found.beats, found.flowers, found.hidden) == (("clock", "both"), ("monitor", "old"), ())


PIECES = (
    "celery worker beat flower gunicorn sh bash -c -lc -c4 -w -A shop $X ${X:-4} $(nproc) && ; ( ) ` ' \" - -- --= "
    "-B --autoscale 1,2 export A=1"
)
WORDS = st.sampled_from(PIECES.split())


@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join)), st.dictionaries(st.sampled_from(["X", "A"]), st.text()))
def test_no_command_line_is_too_strange(command: str, variables: dict[str, str]) -> None:
    for type_ in ("web", "worker"):
        found = read_commands([ProcessType(type_, 1, command)], variables)
        assert found.workers or found.webs or found.beats or found.flowers or found.hidden == (type_,)


@given(st.integers(1, 999), st.sampled_from(["-c {}", "-c{}", "--concurrency={}", "--concurrency {}"]), st.booleans())
def test_what_is_written_is_read(number: int, option: str, by_variable: bool) -> None:  # noqa: FBT001 -- drawn
    text = "$X" if by_variable else str(number)
    assert worker(f"celery -A shop worker {option.format(text)}", X=str(number)).concurrency == number
