from __future__ import annotations

import shlex

import pytest

from migrate.cli.again import spelled

MOVE = ("--to", "bunny", "--app", "shop")


@pytest.mark.parametrize(
    ("text", "typed", "whole"),
    [
        ("the same command with --confirm shop", MOVE, "migrate-plan --to bunny --app shop --confirm shop"),
        ("the same command with --app APP", ("doctor",), "migrate-plan doctor --app APP"),
        (
            "the same command with --confirm shop",
            ("--confirm", "shpo", *MOVE),
            "migrate-plan --to bunny --app shop --confirm shop",
        ),
        (
            "the same command with --strategy bridge",
            ("--strategy=in-place", *MOVE),
            "migrate-plan --to bunny --app shop --strategy bridge",
        ),
        (
            "the same command with --accept A    (if it is right)",
            ("--ignore-queue", "a*", *MOVE),
            "migrate-plan --ignore-queue 'a*' --to bunny --app shop --accept A    (if it is right)",
        ),
    ],
)
def test_what_is_to_be_added_is_printed_with_all_that_was_typed(
    text: str, typed: tuple[str, ...], whole: str
) -> None:
    assert spelled(text, typed) == whole


@pytest.mark.parametrize(
    "text",
    ["heroku login", "--strategy documented", "the same command without --drain-dynos", "", "the same command again"],
)
def test_what_is_no_addition_stays_as_it_is(text: str) -> None:
    assert spelled(text, MOVE) == text


@pytest.mark.parametrize(
    "option",
    [
        "--store postgresql://me:canary@host/db",
        "--notify https://hooks.slack.com/canary",
        "--notify=canary",
        "--hook 'curl -H canary'",
        "--config KEY=canary",
        "--deploy 'command: canary'",
    ],
)
def test_what_may_hold_a_secret_is_not_printed_again(option: str) -> None:
    assert "canary" not in spelled("the same command with --confirm shop", (*MOVE, *shlex.split(option)))


def test_where_the_words_are_not_known_nothing_is_made_up() -> None:
    assert spelled("the same command with --app APP", ()) == "the same command with --app APP"
