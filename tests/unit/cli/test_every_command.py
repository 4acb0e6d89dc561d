"""What holds for each command, however many there will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from migrate.cli.app import app
from migrate.planning.configuration import KEYS, REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Any = get_command(app)


def commands(command: Any, name: str = "migrate-plan") -> Iterator[tuple[str, Any]]:
    # A group without an action of its own only leads to others.
    below = getattr(command, "commands", {})
    if not below or command.invoke_without_command:
        yield name, command
    for word, each in below.items():
        yield from commands(each, f"{name} {word}")


COMMANDS = dict(commands(ROOT))


def options(command: Any) -> set[str]:
    return {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}


def test_there_are_commands_to_be_looked_at() -> None:
    assert {"migrate-plan", "migrate-plan resume", "migrate-plan sandbox up"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_debug(name: str) -> None:
    assert "--debug" in options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_about_checkpoints_or_a_broker_goes_by_the_file(name: str) -> None:
    known = options(COMMANDS[name])

    assert ("--config-file" in known) is bool({"--store", "--rabbitmq-api"} & known)


def test_every_option_of_a_migration_may_stand_in_the_file_or_is_refused_there_with_a_reason() -> None:
    every = {parameter.opts[0].removeprefix("--") for parameter in ROOT.params} - {"help", "-h"}

    assert every == set(KEYS) | set(REFUSED)
    assert set(KEYS) & set(REFUSED) == set()


@pytest.mark.parametrize("key", sorted(key for key, kind in KEYS.items() if kind == "true or false"))
def test_a_yes_in_the_file_can_be_made_a_no_by_a_flag(key: str) -> None:
    assert f"--no-{key}" in options(ROOT)


def test_a_default_of_the_program_is_known_as_such() -> None:
    # Otherwise a default would win over the file.
    with ROOT.make_context("migrate-plan", ["--to", "x", "--strategy", "bridge"]) as context:
        sources = {name: context.get_parameter_source(name).name for name in ("strategy", "maintenance", "pause")}

    assert sources == {"strategy": "COMMANDLINE", "maintenance": "DEFAULT", "pause": "DEFAULT"}
