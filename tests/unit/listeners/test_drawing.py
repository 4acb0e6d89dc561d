"""What is drawn of a migration, in every state, on every size of terminal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.views import STORIES, Story, draining, failed, going_back, held, queue, stalled, starting, waiting
from msgspec.structs import replace
from rich.cells import cell_len

from migrate import secrets
from migrate.events import ReleaseLive, StepDone, StepWaiting
from migrate.listeners.drain_table import bar, figure, sparkline
from migrate.listeners.drawing import draw
from migrate.listeners.paper import ASCII, BLOCKS, Paper
from migrate.secrets import Secret
from migrate.strategies import DOCUMENTED

SIZES = [(79, 16), (99, 20), (199, 40), (199, 60), (79, 24), (39, 10), (20, 5), (1, 1)]


@pytest.fixture(autouse=True)
def _no_secret_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", secrets._Known())


def drawn(story: Story, width: int = 79, height: int = 16, **more: object) -> list[str]:
    paper = replace(Paper(width, height), **more)
    return [line.plain for line in draw(story.view, story.now, paper)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("characters", [BLOCKS, ASCII])
def test_nothing_is_wider_or_higher_than_the_paper(name: str, size: tuple[int, int], characters: object) -> None:
    lines = drawn(STORIES[name](), *size, characters=characters, events=5)

    assert len(lines) <= size[1]
    assert max(map(cell_len, lines)) <= size[0]
    assert not any("\n" in line or line.endswith(" ") for line in lines)


@pytest.mark.parametrize("size", SIZES[:6])
@pytest.mark.parametrize("name", STORIES)
def test_the_step_at_hand_is_always_seen(name: str, size: tuple[int, int]) -> None:
    story = STORIES[name]()
    step = story.view.steps[story.view.current]

    assert any(line[2:].startswith(step.name) for line in drawn(story, *size))


@pytest.mark.parametrize("name", STORIES)
def test_with_few_characters_all_of_it_is_ascii(name: str) -> None:
    assert "".join(drawn(STORIES[name](), 199, 40, characters=ASCII, events=5)).isascii()


def test_the_head_says_what_goes_where_and_how_long_it_lasts() -> None:
    first, second, *_ = drawn(draining())

    assert first == "shop-production: lemur → bunny-1 · documented · mig-7f3k2q"
    assert second.startswith("step 10 of 26 · elapsed 1:01 · eager for 0:46, since 12:00:15 UTC")


def test_clocks_move_while_nothing_happens() -> None:
    story = draining()
    story.now += timedelta(seconds=3600)

    lines = drawn(story)

    assert "elapsed 1:01:01 · eager for 1:00:46" in lines[1]
    assert next(line for line in lines if line.startswith("▶ drain")).endswith("1:00:40")


def test_after_eager_mode_its_length_stays() -> None:
    story = Story(DOCUMENTED).until("eager-off").hear(ReleaseLive("eager-off", 14))
    story.now += timedelta(seconds=100)

    assert "was eager for 0:25" in drawn(story)[1]


def test_a_list_that_does_not_fit_says_what_is_left_out_and_where_the_point_of_no_return_is() -> None:
    lines = drawn(draining())

    assert "… 7 steps above" in lines
    assert any(line.startswith("… ") and "the point of no return before remove" in line for line in lines)
    assert any("the point of no return too" in line for line in drawn(STORIES["with_two_brokers"]())) is False


def test_a_list_that_fits_has_the_point_of_no_return_as_a_line_before_its_step() -> None:
    lines = drawn(draining(), 199, 40)
    place = next(place for place, line in enumerate(lines) if "── point of no return ─" in line)

    assert lines[place + 1].startswith("· remove")
    assert not any("point of no return" in line for line in drawn(going_back(), 199, 40))


def test_a_point_of_no_return_that_is_passed_says_so() -> None:
    story = Story(DOCUMENTED).until("add")

    assert any("point of no return, passed" in line for line in drawn(story, 199, 40))


def test_a_drain_shows_every_queue_with_bar_course_and_figures() -> None:
    lines = drawn(draining())

    assert "22 messages left" in lines
    assert "10.5 a second, about 3 min left" in lines
    head, celery, mails, reports = lines[-4:]
    assert head.split() == ["queue", "drained", "left", "ready", "unacked", "consumers", "in/s", "out/s"]
    assert celery.split() == ["celery", "██████░", "█▇▆▅▄▃▂", "10", "0", "2", "0.52", "unknown"]
    assert mails.split()[:2] == ["mails", "███████"]
    assert reports.startswith("reports.with-a-nam…")
    assert "unknown" in reports


def test_of_many_queues_it_is_said_how_much_is_in_the_others() -> None:
    lines = drawn(stalled())

    assert "why: no-consumer, see runbook drain" in lines
    assert lines[-1].startswith("… ")
    assert lines[-1].endswith("messages in them")


def test_rows_keep_their_places_while_queues_drain_at_different_speed() -> None:
    story = Story(DOCUMENTED).until("drain").hear(waiting("", queue("a", 90), queue("b", 80)))
    before = [line.split()[0] for line in drawn(story)[-2:]]
    story.hear(waiting("", queue("b", 70), queue("a", 10)))

    assert [line.split()[0] for line in drawn(story)[-2:]] == before == ["a", "b"]


def test_queues_that_could_not_be_read_are_unknown_and_not_empty() -> None:
    story = draining().hear(StepWaiting("drain", "the broker could not be read: HTTP 503"))

    lines = drawn(story)

    assert "the broker could not be read: HTTP 503" in lines
    assert lines[-1] == "queues: unknown now; 22 messages when last seen, 12:01:01 UTC"


def test_workers_that_are_waited_for_show_what_they_run() -> None:
    task = {"id": "0b6d", "name": "shop.tasks.charge", "worker": "celery@w1", "seconds": 12.4}
    unknown = {**task, "seconds": None}
    waits = StepWaiting("quiesce", "2 tasks run", {"tasks": [task, unknown, *[task] * 9]})
    story = Story(DOCUMENTED).until("quiesce").hear(waits)

    lines = drawn(story, 99, 20)

    assert "shop.tasks.charge  12 s  celery@w1  0b6d" in lines
    assert "shop.tasks.charge  running for an unknown time  celery@w1  0b6d" in lines
    assert lines[-1] == "… 6 tasks more"


def test_each_state_is_told_by_a_word_too() -> None:
    assert any(line.startswith("✗ drain") and line.endswith("failed") for line in drawn(failed()))
    assert any(line.startswith("‖ remove-old") and line.endswith("held") for line in drawn(held()))
    assert any(line.startswith("✓ preflight") and line.endswith("0:07") for line in drawn(draining(), 79, 60))
    assert any(line.startswith("▶ preflight") for line in drawn(starting()))


def test_the_last_events_are_drawn_where_they_are_asked_for() -> None:
    lines = drawn(stalled(), 99, 30, events=2)

    assert lines[-1].startswith("12:01:32  drain  Nobody takes from queue-59")
    assert lines[-2] == "12:00:20  drain-dynos  done in 7.0 s"


def test_no_secret_is_drawn_not_even_half_of_one_and_nothing_moves_the_cursor() -> None:
    Secret("canary-password-that-is-long")
    story = Story(DOCUMENTED).until("drain")
    story.hear(waiting("canary-password-that-is-long\x1b[2J\nbell\a", queue("canary-password-that-is-long", 3)))

    for width in range(20, 200, 7):
        text = "\n".join(drawn(story, width))
        assert "canary" not in text
        assert "\x1b" not in text
        assert "\a" not in text


def test_a_bar_is_full_only_when_all_is_gone() -> None:
    assert bar(0.999, 10, BLOCKS) == "█████████░"
    assert bar(1.0, 10, ASCII) == "##########"
    assert bar(0.0, 10, ASCII) == ".........."


def test_in_a_course_only_nothing_is_the_lowest() -> None:
    assert sparkline((1000, 500, 1, 0), 1000, BLOCKS) == "█▅▂▁"
    assert sparkline((0, 0), 0, ASCII) == "__"


@pytest.mark.parametrize(("value", "text"), [(None, "unknown"), (1234567, "1234567"), (0.52, "0.52"), (3.0, "3")])
def test_figures_are_exact_and_unknown_ones_say_so(value: float | None, text: str) -> None:
    assert figure(value) == text


def test_a_step_that_is_done_takes_its_figures_with_it() -> None:
    lines = drawn(draining().hear(StepDone("drain", 30.0)))

    assert not any("celery" in line for line in lines)
