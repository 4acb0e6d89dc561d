"""README, CONTRIBUTING and every command in any page against the program."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from fakes.migrations import a_migration
from markdown_pages import ROOT, code, markdown_files, section, table
from typer.testing import CliRunner

from migrate.cli.app import app
from migrate.exits import Exit
from migrate.strategies import DOCUMENTED, belonging

if TYPE_CHECKING:
    from pathlib import Path

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@cache
def help_of(*command: str) -> str:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0, result.output
    return result.output


def options_of(*command: str) -> set[str]:
    listed = re.findall(r"^ +(?:-\w, )?(--[a-z-]+)(?: / (--[a-z-]+))?", help_of(*command), re.MULTILINE)
    return {option for pair in listed for option in pair if option}


def commands_of(*command: str) -> set[str]:
    return set(re.findall(r"^  ([a-z]+)  ", help_of(*command).partition("Commands:")[2], re.MULTILINE))


def typed(page: Path) -> set[str]:
    """Every use of migrate-plan in the code of a page, without what a shell would take for itself."""
    uses = (use for line in code(page) for use in re.findall(r"(?:^|[\s(`])migrate-plan( [^|#;&)`]*|$)", line))
    return {use.strip() for use in uses}


COMMANDS = sorted({(page.relative_to(ROOT).as_posix(), use) for page in markdown_files() for use in typed(page)})


def test_the_exit_table_is_that_of_the_program() -> None:
    shown = [(int(status), meaning) for status, meaning in table(section(README, "Exit statuses"))]
    assert shown == [(int(member), member.meaning) for member in Exit]


def test_the_steps_are_those_of_the_strategy_in_their_order() -> None:
    shown = [row[0].partition("]")[0].lstrip("[") for row in table(section(README, "Steps"))]
    # What an option of its own brings is left to the runbooks.
    migration = a_migration(drain_by="dynos", leftovers="carry")

    assert shown == [step.name for step in belonging(DOCUMENTED, migration)]


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len(README.read_text().splitlines()) < 200


def test_there_are_commands_to_be_looked_at() -> None:
    assert len(COMMANDS) > 20
    assert {"sandbox", "resume", "status"} <= commands_of()


@pytest.mark.parametrize(("page", "use"), COMMANDS)
def test_a_command_in_a_page_exists_with_its_options(page: str, use: str) -> None:
    path: list[str] = []
    for word in use.split():
        if word not in commands_of(*path):
            break
        path.append(word)

    words = use.split()[len(path) :]
    if words and not path:
        assert words[0].startswith("-"), f"{page}: there is no command {words[0]}"
    assert set(_OPTION.findall(" ".join(words))) <= options_of(*path), page


def test_every_option_that_the_readme_names_by_itself_is_one_of_the_program() -> None:
    known = options_of().union(*(options_of(command) for command in commands_of()))
    named = {text for text in re.findall(r"`(--[a-z][a-z-]*)[^`]*`", README.read_text()) if text != "--as"}

    assert named
    assert named <= known


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    lines = (line for page in markdown_files() for line in code(page))
    named = {found for line in lines for found in re.findall(r"^make ([a-z][a-z-]*)", line)}

    assert {"demo", "test"} <= named <= targets


def test_every_part_of_the_program_that_contributing_names_exists() -> None:
    named = {
        name for row in table(section(CONTRIBUTING, "Source code")) for name in re.findall(r"`([\w./]+)`", row[0])
    }

    assert "steps/" in named
    assert {name for name in named if not (ROOT / "migrate" / name).exists()} == set()


def test_every_folder_of_tests_is_described_in_contributing() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    text = section(CONTRIBUTING, "Source code")

    assert {name for name in folders if f"{name}/`" not in text} == set()
