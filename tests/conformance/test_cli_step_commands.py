"""Every Heroku command that a preview shows is one that Heroku's own CLI understands, on an app that is not there."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from fakes.step_previews import PREVIEWS

from migrate.planning.step_commands import by_hand

if TYPE_CHECKING:
    from conformance.heroku_cli import HerokuCli

COMMANDS = sorted(
    {
        command.replace("$(heroku config:get CLOUDAMQP_NEW_URL --app APP)", "a").replace(
            "$(heroku config:get CLOUDAMQP_URL --app APP)", "b"
        )
        for step in PREVIEWS.values()
        for command in by_hand(step).commands
        if command.startswith("heroku ")
    }
)
MISUNDERSTOOD = ("Nonexistent flag", "Unexpected argument", "Missing", "not a heroku command", "USAGE", "Parse")


def test_there_are_commands_to_be_tried() -> None:
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_preview_gets_as_far_as_the_app_that_it_names(cli: HerokuCli, command: str) -> None:
    words = [word.replace("APP", "no-such-app") if word == "APP" else word for word in shlex.split(command)[1:]]

    said = cli.ends(*words)

    assert said.status != 0
    assert not [sign for sign in MISUNDERSTOOD if sign in said.complaint], said.complaint
    assert "not_found" in said.complaint, said.complaint
