from __future__ import annotations

import io
import re

import pytest
from fakes.clock import FakeClock
from fakes.facts import healthy_facts, previewed
from fakes.migrations import STEPS

from migrate import secrets
from migrate.events import (
    CommandEnded,
    CommandStarted,
    EffectConfirmed,
    Event,
    MigrationStarted,
    Result,
    StepDone,
    StepNoted,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from migrate.exits import Exit
from migrate.listeners.console import HEARTBEAT_SECONDS, ConsoleText
from migrate.secrets import Secret

DETAIL = {
    "queues": [
        {
            "name": "celery",
            "ready": 7,
            "unacknowledged": 2,
            "consumers": 3,
            "published_per_second": 0.5,
            "delivered_per_second": None,
        }
    ],
    "messages_per_second": 4.5,
    "seconds_left": 2,
}


@pytest.fixture(autouse=True)
def _no_secret_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    # What one test calls a secret may be a word in the text that another one reads.
    monkeypatch.setattr(secrets, "_known", secrets._Known())


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Paper:
    """A stream, what stands on it, and the clock."""

    def __init__(self, stream: io.StringIO | None = None) -> None:
        self.stream = stream or io.StringIO()
        self.clock = FakeClock()
        self.console = ConsoleText(self.stream, self.clock)

    def hear(self, *events: Event) -> str:
        for event in events:
            self.console.hear(event, "mig-222222")
        return self.stream.getvalue()


def test_off_a_terminal_every_step_is_two_plain_lines() -> None:
    text = Paper().hear(StepStarted("drain", "Wait"), StepDone("drain", 3.25))

    assert text.splitlines() == ["12:00:00  drain            Wait", "12:00:00  drain            done in 3.2 s"]
    assert "\x1b" not in text


def test_off_a_terminal_a_long_wait_says_now_and_then_that_it_goes_on() -> None:
    paper = Paper()
    paper.hear(StepStarted("drain", "Wait"))
    for _ in range(65):
        paper.clock.sleep(1)
        text = paper.hear(StepWaiting("drain", "9 messages left", DETAIL))

    beats = [line for line in text.splitlines() if "waiting: 9 messages left; 4.5 a second, about 2 s left" in line]
    assert len(beats) == int(65 / HEARTBEAT_SECONDS)
    assert beats[0].endswith("; celery 7 ready, 2 unacknowledged, consumers 3, in 0.5/s, out unknown/s")


def test_on_a_terminal_a_wait_shows_every_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    paper = Paper(Screen())

    paper.hear(StepStarted("drain", "Wait"), StepWaiting("drain", "9 messages left", DETAIL))
    paper.console.close()

    text = paper.stream.getvalue()
    for said in (
        "9 messages left",
        "4.5 a second, about 2 s left",
        "unacked",
        "celery",
        "7",
        "3",
        "in/s",
        "0.5",
        "unknown",
    ):
        assert said in text


def test_consumers_that_could_not_be_counted_are_unknown_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    paper = Paper(Screen())
    queue = {"name": "celery", "ready": 0, "unacknowledged": 0, "consumers": None}

    paper.hear(StepStarted("drain", "Wait"), StepWaiting("drain", "empty", {"queues": [queue]}))
    paper.console.close()

    assert "unknown" in paper.stream.getvalue()


def test_a_program_that_reads_json_gets_no_spinner_on_the_same_screen() -> None:
    stream = Screen()
    console = ConsoleText(stream, FakeClock(), live=False)

    console.hear(StepStarted("drain", "Wait"), "")
    console.hear(StepWaiting("drain", "9 messages left", DETAIL), "")

    assert stream.getvalue().count("\n") == 1


def test_notes_skips_and_settled_calls_are_told() -> None:
    text = Paper().hear(
        MigrationStarted("shop", "old", "cloudamqp:lemur", "cloudamqp:bunny", "documented", ("drain",), resumed=True),
        StepSkipped("quiesce"),
        StepNoted("eager-on", "One-off dynos may still publish: run.77."),
        EffectConfirmed("add", "add", settled=True),
        EffectConfirmed("add", "add", settled=False),
    )

    assert "shop: cloudamqp:lemur to cloudamqp:bunny, resumed." in text
    assert "quiesce          done by an earlier process" in text
    assert "run.77" in text
    assert text.count("was not sent again") == 1


def test_an_end_says_what_why_state_next_and_runbook() -> None:
    text = Paper().hear(
        Result(Exit.RESUMABLE, "NOT_DRAINED", "Not empty.", "3 left.", "In place.", ("one", "two"), "drain")
    )

    assert text.splitlines() == [
        "Not empty.  [NOT_DRAINED, exit 3]",
        "  why:     3 left.",
        "  state:   In place.",
        "  next:    one",
        "  next:    two",
        "  runbook: migrate-plan runbook NOT_DRAINED",
    ]


def test_success_has_no_code_and_tells_the_eager_window() -> None:
    text = Paper().hear(Result(Exit.DONE, "DONE", "Moved.", "", "On bunny.", (), eager_seconds=41.24))

    assert text.splitlines()[0] == "Moved."
    assert "for 41.2 s" in text


def test_a_preview_has_every_step_with_what_it_costs() -> None:
    text = Paper().hear(previewed(healthy_facts()))

    assert "from cloudamqp:lemur (free) to cloudamqp:bunny-1 ($99/month)" in text
    for number, step in enumerate(STEPS, start=1):
        assert f"  {number}. {step.name}: {step.title}" in text
    assert text.count("CANNOT BE UNDONE") == 1
    assert text.count("restarts  nothing") == 8


def test_no_secret_gets_onto_paper_and_no_text_is_taken_for_markup() -> None:
    Secret("canary-password")

    text = Paper().hear(StepNoted("add", "it is canary-password [bold]not bold[/bold]"))

    assert "it is [secret] [bold]not bold[/bold]" in text


def test_while_a_command_of_the_operators_runs_the_screen_is_its_own() -> None:
    paper = Paper(Screen())
    paper.console.hear(StepStarted("redeploy", "Deploy"), "mig-7f3k2q")
    paper.console.hear(CommandStarted("redeploy", "git push heroku main"), "mig-7f3k2q")
    before = paper.stream.getvalue()

    paper.console.hear(StepWaiting("redeploy", "the deploy command runs", {}), "mig-7f3k2q")
    lent = paper.stream.getvalue()
    paper.console.hear(CommandEnded("redeploy", "0"), "mig-7f3k2q")
    paper.console.close()

    assert "running: git push heroku main" in before
    assert lent == before
    assert "the command has ended: 0" in paper.stream.getvalue()


def on_screen(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Paper:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    return Paper(Screen())


def test_every_note_stays_above_what_is_drawn_and_nothing_else_is_left_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paper = on_screen(monkeypatch)
    paper.hear(StepStarted("drain", "Wait"))
    for number in range(9):
        paper.hear(StepWaiting("drain", f"{9 - number} messages left", DETAIL), StepNoted("drain", f"note {number}"))
    paper.hear(StepDone("drain", 9.0), Result(Exit.DONE, "DONE", "Moved.", "", "On bunny.", ()))
    text = paper.stream.getvalue()

    assert [text.count(f"note {number}\n") for number in range(9)] == [1] * 9
    assert text.endswith("Moved.\n\x1b[J\r\x1b[?2026l\x1b[?2026h\x1b[J  state:   On bunny.\n\x1b[J\r\x1b[?2026l")


def test_clocks_tick_while_a_step_waits_without_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = on_screen(monkeypatch)
    paper.hear(StepStarted("drain", "Wait"))
    paper.clock.sleep(75)
    paper.console.tick()
    paper.console.close()

    assert "1:15" in paper.stream.getvalue()


def test_a_terminal_that_cannot_be_drawn_on_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = on_screen(monkeypatch, TERM="dumb")

    text = paper.hear(StepStarted("drain", "Wait"), StepWaiting("drain", "9 messages left", DETAIL))

    assert text == "12:00:00  drain            Wait\n"


def test_colours_that_a_ci_asks_for_do_not_make_its_log_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")

    text = Paper().hear(StepStarted("drain", "Wait"), StepWaiting("drain", "9 messages left", DETAIL))

    assert text == "12:00:00  drain            Wait\n"


def test_no_colour_is_used_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    colour = re.compile(r"\x1b\[[0-9;]*(?:3[0-9]|9[0-7])m")
    events = (StepStarted("drain", "Wait"), StepWaiting("drain", "9 messages left", DETAIL))
    texts = []
    for environment in ({}, {"NO_COLOR": "1"}):
        paper = on_screen(monkeypatch, **environment)
        texts.append(paper.hear(*events))
        paper.console.close()

    assert [bool(colour.search(text)) for text in texts] == [True, False]


def test_on_a_terminal_with_few_characters_no_other_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Latin(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    written = io.BytesIO()
    stream = Latin(written, encoding="latin-1", write_through=True)
    console = ConsoleText(stream, FakeClock())

    console.hear(StepStarted("drain", "Wait for 漢字"), "mig-222222")
    console.hear(StepWaiting("drain", "9 messages left", DETAIL), "mig-222222")
    console.close()

    text = written.getvalue().decode("latin-1")
    assert "> drain" in text
    assert "\\u6f22" in text
    assert "#" in text or "." in text


def test_what_a_signal_says_in_the_middle_of_a_drawing_is_said_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = on_screen(monkeypatch)
    paper.hear(StepStarted("drain", "Wait"))
    write = paper.stream.write
    said: list[str] = []

    def interrupted(text: str) -> int:
        if not said:
            said.append(text)
            paper.console.say("Stopping once the present call is on record.")
        return write(text)

    monkeypatch.setattr(paper.stream, "write", interrupted)
    text = paper.hear(StepNoted("drain", "a note"))
    paper.console.close()

    assert text.index("a note") < text.index("Stopping once")
    assert text.count("Stopping once") == 1


def test_what_is_said_while_the_process_is_ended_is_said_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = on_screen(monkeypatch)
    paper.hear(StepStarted("drain", "Wait"))

    def ended(_text: str) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(paper.stream, "write", ended)
        with pytest.raises(KeyboardInterrupt):
            paper.hear(StepNoted("drain", "a note"))
    paper.console.close()

    assert paper.stream.getvalue().count("a note") == 1
