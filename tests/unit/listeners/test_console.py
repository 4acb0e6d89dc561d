from __future__ import annotations

import io

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
    monkeypatch.setattr(secrets, "_known", set[str]())


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
    for _ in range(25):
        paper.clock.sleep(1)
        text = paper.hear(StepWaiting("drain", "9 messages left", DETAIL))

    beats = [line for line in text.splitlines() if "waiting: 9 messages left; 4.5 a second, about 2 s left" in line]
    assert len(beats) == int(25 / HEARTBEAT_SECONDS)
    assert beats[0].endswith("; celery 7 ready, 2 unacknowledged, consumers 3, in 0.5/s, out unknown/s")


def test_on_a_terminal_a_wait_shows_every_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    paper = Paper(Screen())

    paper.hear(StepStarted("drain", "Wait"), StepWaiting("drain", "9 messages left", DETAIL))
    paper.console.close()

    text = paper.stream.getvalue()
    for said in ("9 messages left; 4.5 a second", "unacknowledged", "celery", "7", "3", "in/s", "0.5", "unknown"):
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
