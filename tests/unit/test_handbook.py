"""What can be looked up, by which names, and how its links read where nobody can follow them."""

from __future__ import annotations

import re

import pytest

from migrate import handbook
from migrate.errors import UsageError
from migrate.strategies import STRATEGIES, WAYS_BACK

STEPS = {step.name for steps in (*STRATEGIES.values(), *WAYS_BACK) for step in steps}


@pytest.mark.parametrize("step", sorted(STEPS))
def test_every_step_of_every_way_leads_to_a_page(step: str) -> None:
    assert handbook.look_up(step).text.startswith("# ")


def test_the_steps_are_listed_in_the_order_of_the_strategies() -> None:
    every = dict.fromkeys(step.name for steps in STRATEGIES.values() for step in steps)

    assert [topic.name for topic in handbook.step_pages()] == list(every)
    assert {name for name, topic in handbook.topics().items() if not topic.is_code and name != topic.page} == (
        {step.name for steps in WAYS_BACK for step in steps} - set(handbook._pages())
    )


def test_a_step_of_the_way_back_without_a_page_leads_to_that_of_the_way_back() -> None:
    assert handbook.look_up("eager-back").page == "rollback"
    assert handbook.look_up("stop-drain-dynos").page == "stop-drain-dynos"


@pytest.mark.parametrize("word", ["WORKERS_BUSY", "workers_busy", "Workers-Busy"])
def test_a_code_leads_to_its_section_in_any_spelling(word: str) -> None:
    found = handbook.look_up(word)

    assert (found.name, found.page) == ("WORKERS_BUSY", "quiesce")
    assert found.text.startswith("### WORKERS_BUSY\n")
    assert "## Undo" not in found.text


def test_no_two_topics_share_a_name_in_one_spelling() -> None:
    spelled = [name.lower() for name in handbook.topics()]

    assert len(spelled) == len(set(spelled))


def test_a_step_and_a_code_that_differ_by_a_dash_alone_are_told_apart() -> None:
    assert handbook.look_up("drain-dynos").text.startswith("# drain-dynos")
    assert handbook.look_up("drain_dynos").text.startswith("### DRAIN_DYNOS")


@pytest.mark.parametrize(("word", "near"), [("dran", "drain"), ("WORKER_BUSY", "WORKERS_BUSY")])
def test_an_unknown_name_is_refused_with_near_ones(word: str, near: str) -> None:
    with pytest.raises(UsageError) as refused:
        handbook.look_up(word)

    assert near in refused.value.why
    assert refused.value.next == f"migrate-plan runbook {near}"


def test_a_name_that_is_near_to_nothing_is_refused_with_where_to_look() -> None:
    with pytest.raises(UsageError, match="no runbook") as refused:
        handbook.look_up("amqp://user:canary-7c1@host/x")

    assert refused.value.next == "migrate-plan runbook    (lists them)"
    assert "canary" not in f"{refused.value.what} {refused.value.why} {refused.value.next}"


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("[drain](drain.md)", "drain"),
        ("[WORKERS_BUSY](quiesce.md#workers_busy)", "WORKERS_BUSY"),
        ("[`outage`](README.md#how-long-a-wait-lasts)", "`outage` (page `README`)"),
        ("[undo eager-on](eager-on.md#undo)", "undo eager-on (page `eager-on`)"),
        ("[below](#by-hand)", "below"),
        ("[figures](../docs/draining.md#x)", "figures (`docs/draining.md`)"),
        ("[celery#7733](https://github.com/celery/celery/issues/7733)",) * 2,
    ],
)
def test_a_link_becomes_what_can_be_typed(link: str, shown: str) -> None:
    assert handbook.without_links(link, "quiesce") == shown


def test_no_link_to_a_file_is_left_on_any_page() -> None:
    shown = [handbook.without_links(topic.text, topic.page) for topic in handbook.topics().values()]

    assert [link for text in shown for link in re.findall(r"\]\((?!https?://)[^)]*\)", text)] == []


@pytest.mark.parametrize("topic", handbook.topics().values(), ids=lambda topic: topic.name)
def test_every_topic_is_listed_with_one_sentence(topic: handbook.Topic) -> None:
    assert topic.sentence[0].isupper() or topic.sentence.startswith(("resume", "side-by-side", "--"))
    assert topic.sentence.endswith(".")
    assert "\n" not in topic.sentence
    assert not topic.sentence.startswith(("Exit", "Refuse", "Ask.", "Warn"))
