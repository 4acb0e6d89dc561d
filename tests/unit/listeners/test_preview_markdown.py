"""A preview as a change ticket."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from fakes.broker_reports import a_queue, queues
from fakes.facts import facts_with_broker, healthy_facts, previewed
from markdown_it import MarkdownIt
from msgspec.structs import replace

from migrate.events import Previewed, StepNoted
from migrate.listeners.preview_markdown import MarkdownPreview, lines
from migrate.migration import Choices
from migrate.planning import opening
from migrate.secrets import Secret

STRATEGIES = ("documented", "side-by-side", "bridge", "in-place")


def shown(strategy: str = "documented", **choices: Any) -> Previewed:
    facts = facts_with_broker(queues=queues(a_queue(ready=42)))
    return opening.preview(facts, opening.migration_of(facts, "mig-7f3k2q", Choices(strategy, **choices)))


def rows(text: str) -> list[str]:
    """The cells of every row that a Markdown reader sees, joined."""
    html = MarkdownIt("commonmark").enable("table").render(text)
    return [" | ".join(re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)) for row in html.split("<tr>")[1:]]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_step_is_a_row_with_what_it_does_and_how_it_is_undone(strategy: str) -> None:
    event = shown(strategy)
    table = rows("\n".join(lines(event)))

    for number, step in enumerate(event.steps, start=1):
        (row,) = [item for item in table if item.startswith(f"{number} | {step.step} | ")]
        assert row.count(" | ") == 6
    final = [number for number, row in enumerate(table) if "POINT OF NO RETURN" in row]
    assert len(final) == (strategy != "in-place")
    if final:
        assert "cannot be undone" in table[final[0] + 1]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_command_stands_in_one_block_in_the_order_of_the_steps(strategy: str) -> None:
    event = shown(strategy)
    tokens = MarkdownIt().parse("\n".join(lines(event)))
    (block,) = [token.content for token in tokens if token.type == "fence"]

    heads = [line for line in block.splitlines() if re.match(r"# \d", line)]
    assert heads == [f"# {number}. {step.step}: {step.title}" for number, step in enumerate(event.steps, start=1)]
    typed = [line for line in block.splitlines() if not line.startswith("#")]
    assert typed
    assert all(line.startswith(("heroku ", "celery ")) for line in typed)


def test_gates_risks_and_estimates_are_in_it() -> None:
    text = "\n".join(lines(shown(held_before=("remove",))))

    assert "**HELD HERE**" in text
    assert "| cost | free now, $99/month then |" in text
    assert "not known: 42 messages" in text
    assert "- Until `remove` all of it is undone by `migrate-plan rollback`." in text
    assert "a request takes as long as the tasks it hands over" in text


def test_what_would_break_a_table_does_not() -> None:
    facts = healthy_facts()
    event = previewed(facts)
    nasty = replace(event.steps[0], observed="a | b\nc `d` <b>")
    table = rows("\n".join(lines(replace(event, steps=(nasty, *event.steps[1:])))))

    assert any("a | b c <code>d</code>" in row and row.count(" | ") == 7 for row in table)


def test_without_steps_there_are_the_findings_alone() -> None:
    text = "\n".join(lines(previewed(healthy_facts(target="cloudamqp:nothing"))))

    assert "- **REFUSE PLAN_UNKNOWN**: " in text
    assert "## By hand" not in text


def test_it_writes_the_document_and_nothing_else_and_no_secret() -> None:
    stream = io.StringIO()
    listener = MarkdownPreview(stream)
    event = shown()
    Secret("c4n4ry-password")
    leaky = replace(event, steps=(replace(event.steps[0], observed="amqp://u:c4n4ry-password@h"), *event.steps[1:]))

    listener.hear(StepNoted("drain", "no part of it"), "")
    listener.hear(leaky, "")

    assert stream.getvalue().startswith("# Move shop from cloudamqp:lemur to cloudamqp:bunny-1\n")
    assert "c4n4ry" not in stream.getvalue()
    assert "no part of it" not in stream.getvalue()
