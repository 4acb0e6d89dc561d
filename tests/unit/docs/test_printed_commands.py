"""Every command and every option that the program prints is one that it takes."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from markdown_pages import ROOT
from typer.main import get_command

from migrate.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM: Any = get_command(app)
_USE: Final = re.compile(r"(?:^|[\s(`\"'])migrate-plan( [^|#;&)`\"\n]*|$)", re.MULTILINE)
_OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z_-]*")
_ELSEWHERE: Final = ("heroku ", "celery ", "pip ", " --size ")
IN_A_SENTENCE: Final = frozenset(["itself", "does,", "knows", "takes", "writes", "understands", "(schema", "preview"])
"""What the program does, said of it."""
OF_CELERY: Final = frozenset(
    [
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *("--task-events", "--events", "--beat", "--broker", "--broker_api"),
    ]
)


def literals(path: Path) -> Iterator[str]:
    """Every string of a file that is no docstring, with X for what is put in."""
    tree = ast.parse(path.read_text())
    silent: set[int] = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            silent |= {id(value) for value in node.values}
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def options(command: Any) -> set[str]:
    return {word for item in command.params for word in (*item.opts, *item.secondary_opts)} | {"--help"}


def every_option(command: Any) -> set[str]:
    return options(command).union(*(every_option(item) for item in getattr(command, "commands", {}).values()))


TEXTS: Final = [
    (path.relative_to(ROOT).as_posix(), text)
    for path in sorted((ROOT / "migrate").rglob("*.py"))
    for text in literals(path)
]
USES: Final = sorted(
    {
        (place, use.strip())
        for place, text in TEXTS
        for use in _USE.findall(text)
        if not use.split() or use.split()[0] not in IN_A_SENTENCE
    }
)


def test_there_are_commands_to_be_looked_at() -> None:
    assert len(USES) > 50


@pytest.mark.parametrize(("place", "use"), USES)
def test_a_command_that_is_printed_exists_with_its_options(place: str, use: str) -> None:
    command, words = PROGRAM, use.split()
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]

    assert command is not PROGRAM or not words or words[0].startswith("-"), f"{place}: there is no command {words[0]}"
    assert set(_OPTION.findall(" ".join(words))) <= options(command), place


def test_every_option_that_is_printed_by_itself_is_one_of_the_program() -> None:
    known = every_option(PROGRAM)
    read = ("/sandbox/", "command_lines.py", "web_commands.py")  # options of other programs, which are not printed
    said = [(place, text) for place, text in TEXTS if " " in text and not any(word in place for word in read)]
    own = [(place, text) for place, text in said if not any(word in text for word in _ELSEWHERE)]
    printed = {(place, option) for place, text in own for option in _OPTION.findall(text)}

    assert len(printed) > 50
    assert {item for item in printed if item[1] not in known | OF_CELERY} == set()
