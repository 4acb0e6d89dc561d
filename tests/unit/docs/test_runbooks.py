"""The runbooks and the program name the same steps, states, limits and findings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import seen_at_steps
from celery import signals
from fakes.facts import healthy_facts
from markdown_pages import PREFLIGHT, RUNBOOKS, fenced, headings, runbook_pages, section, table
from msgspec.structs import asdict
from named_in_source import CODED, FINDINGS

from migrate import state
from migrate.preflight.workers_not_eager import EVIDENCE
from migrate.run import Limits
from migrate.states import STATES
from migrate.strategies import STRATEGIES

if TYPE_CHECKING:
    from migrate.steps import Step
    from migrate.waits import Patience

INDEX = RUNBOOKS / "README.md"
STEPS = list(dict.fromkeys(step.name for strategy in STRATEGIES.values() for step in strategy))
STEP_SECTIONS = ["What you see", "State of the app", "What to do now", "By hand", "Undo", "What it does"]

UNDONE = healthy_facts(
    paused={"beat": 1}, scale_up={"worker": 2}, bridge_workers={"worker": 1}, deploy="slug", strategy="bridge"
)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_a_page_that_begins_with_its_name(step: str) -> None:
    assert headings(runbook_pages()[step], 1) == [step]


def test_every_page_belongs_to_a_step_or_to_an_error() -> None:
    assert set(runbook_pages()) == {*STEPS, *(error.runbook for error in CODED.values())}


@pytest.mark.parametrize("step", STEPS)
def test_a_page_of_a_step_begins_with_the_state_and_what_to_do_and_explains_last(step: str) -> None:
    sections = headings(runbook_pages()[step], 2)
    assert [title for title in sections if title in STEP_SECTIONS] == STEP_SECTIONS


@pytest.mark.parametrize("page", [*STEPS, "rollback"])
def test_the_first_lines_and_the_state_sentences_of_a_page_are_those_of_the_program(page: str) -> None:
    text = runbook_pages()[page].read_text()

    assert seen_at_steps.seen(page) in section(runbook_pages()[page], "What you see")
    if page != "rollback":
        assert section(runbook_pages()[page], "State of the app").endswith(
            f"{seen_at_steps.SAID}{seen_at_steps.said(page)}\n"
        )
    assert seen_at_steps.written(page, text) == text, "seen_at_steps.py writes them anew"


@pytest.mark.parametrize(
    "step", {step.name: step for steps in STRATEGIES.values() for step in steps}.values(), ids=lambda step: step.name
)
def test_the_page_of_a_step_undoes_it_as_its_preview_does(step: Step) -> None:
    text = section(runbook_pages()[step.name], "Undo")
    undo = step.preview(UNDONE).undo
    command = re.match(r"(?:heroku|celery) [a-z:_-]+", undo)

    if undo == "nothing to undo":
        assert re.match(r"Not(hing)? (to undo|needed)|The step itself changes nothing", text.strip())
    elif not undo:
        assert text.strip().startswith("None")
    elif command:
        assert command[0] in text
    else:
        assert text.strip()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_index_lists_the_steps_of_every_strategy_in_their_order(strategy: str) -> None:
    page = section(INDEX, "Steps").partition("### ")[0] if strategy == "documented" else section(INDEX, strategy)
    listed = [row[1].partition("]")[0].lstrip("[") for row in table(page)]
    assert listed == [step.name for step in STRATEGIES[strategy]]


def test_the_index_leads_to_every_page() -> None:
    assert {f"({name}.md)" for name in runbook_pages() if f"({name}.md)" not in INDEX.read_text()} == set()


def test_the_index_has_every_sentence_about_the_state_of_the_app() -> None:
    names = {
        "app": "APP",
        "plan": "PLAN",
        "old_plan": "OLDPLAN",
        "add_on": "ADDON",
        "before": "BEFORE",
        "dynos": "DYNOS",
        "spooled": "SPOOLED",
        "spool": "SPOOL",
        "keeper": "KEEPER",
        "beside": "CLOUDAMQP_NEW",
        "spare": "CLOUDAMQP_OLD",
        "variable": "CLOUDAMQP_URL",
        "missing": "CLOUDAMQP_URL",
        "paused": "PAUSED",
    }
    points = dict.fromkeys(text.format(**names) for strategy in STRATEGIES for _, text in STATES[strategy])
    printed = [
        *points,
        *(text.format(**names) for _, text in state._BESIDES),
        state.DRAINING.format(**names),
        *(text.format(**names) for _, text in state._SPOOLED),
    ]

    assert [row[0] for row in table(section(INDEX, "Which state is my app in"))] == printed


def test_the_index_has_the_limits_of_every_wait() -> None:
    limits: dict[str, Patience] = asdict(Limits())
    listed = {row[0].strip("`"): row[1].split()[0] for row in table(section(INDEX, "How long a wait lasts"))}

    assert listed == {name: f"{limit.deadline:.0f}" for name, limit in limits.items()}


def test_there_are_findings_to_be_looked_for() -> None:
    assert len(FINDINGS) > 10


def test_the_preflight_page_has_a_heading_for_every_finding_and_for_no_other() -> None:
    text = section(PREFLIGHT, "Findings")
    listed = {line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")}

    assert listed == set(FINDINGS)


@pytest.mark.parametrize(("code", "severity"), FINDINGS.items())
def test_a_finding_on_the_preflight_page_has_the_severity_of_its_check(code: str, severity: str) -> None:
    assert section(PREFLIGHT, code).strip().split(".")[0].lower() == severity


@pytest.mark.parametrize(("code", "severity"), FINDINGS.items())
def test_only_what_asks_is_offered_to_be_accepted(code: str, severity: str) -> None:
    if severity == "refuse":
        assert "--accept" not in section(PREFLIGHT, code)


@pytest.mark.parametrize("page", runbook_pages())
def test_a_heroku_command_about_an_app_names_the_app(page: str) -> None:
    of_the_account = re.compile(r"heroku (login|auth:|apps|authorizations:|addons:plans|addons --all)")
    lines = (line.strip() for line in runbook_pages()[page].read_text().splitlines() if line.startswith("    "))
    commands = [line for line in lines if re.match(r"heroku |export \w+=\S*heroku ", line)]

    assert [line for line in commands if "--app " not in line and not of_the_account.search(line)] == []


def drain_snippet() -> str:
    (snippet,) = fenced((RUNBOOKS / "drain.md").read_text(), "python")
    return snippet


@pytest.mark.parametrize(
    ("value", "eager"), [("True", True), ("1", True), ("False", False), ("0", False), ("", False)]
)
def test_the_snippet_of_the_drain_page_reads_the_variable(
    monkeypatch: pytest.MonkeyPatch, value: str, *, eager: bool
) -> None:
    monkeypatch.setenv("CELERY_ALWAYS_EAGER", value)
    names: dict[str, Any] = {}
    exec(drain_snippet(), names)  # noqa: S102 -- our own page
    signals.celeryd_init.disconnect(names["stay_on_the_queue"])

    assert names["app"].conf.task_always_eager is eager


def test_the_snippet_of_the_drain_page_keeps_workers_awake_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_ALWAYS_EAGER", "True")
    monkeypatch.setattr(signals.celeryd_init, "receivers", [])
    names: dict[str, Any] = {}
    exec(drain_snippet(), names)  # noqa: S102 -- our own page
    conf = names["app"].conf

    signals.celeryd_init.send(sender="celery@here", instance=None, conf=conf)

    told = conf.table(with_defaults=False)
    assert (told["task_always_eager"], told[EVIDENCE]) == (False, True)
