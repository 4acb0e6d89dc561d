"""What commands get for what is typed, beside what Typer itself makes of it."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from migrate.cli.program import Program

SEEN: list[dict[str, Any]] = []


def command(
    *,
    name: Annotated[str | None, typer.Argument()] = None,
    plan: Annotated[str, typer.Option("--plan", envvar="A_PLAN")] = "lemur",
    queue: Annotated[list[str] | None, typer.Option("--queue", envvar="A_QUEUE")] = None,
    rate: Annotated[float, typer.Option("--rate", min=1)] = 2,
    count: Annotated[int | None, typer.Option("--count", min=1)] = None,
    quiet: Annotated[bool | None, typer.Option("--quiet/--no-quiet")] = None,
) -> None:
    SEEN.append(locals())


def seen(application: typer.Typer, words: tuple[str, ...], environment: dict[str, str]) -> Any:
    SEEN.clear()
    application.command()(command)
    result = CliRunner().invoke(application, list(words), env=environment)
    told = result.stderr.splitlines()[-1:]
    return [{name: (type(value), value) for name, value in each.items()} for each in SEEN], result.exit_code, told


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ((), {}),
        (("shop",), {"A_PLAN": "bunny"}),
        (("", "--plan", ""), {"A_PLAN": "bunny", "A_QUEUE": "one two"}),
        (("--queue", "a", "--queue", "b", "--quiet"), {}),
        (("--rate", "5", "--count", "7", "--no-quiet"), {}),
        (("--rate", "0.5"), {}),
        (("--rate", "often"), {}),
        (("--count", "0"), {}),
        (("--plan",), {}),
        (("one", "two"), {}),
    ],
)
def test_a_command_gets_what_typer_would_give_it(words: tuple[str, ...], environment: dict[str, str]) -> None:
    settings: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None}

    assert seen(Program(**settings), words, environment) == seen(typer.Typer(**settings), words, environment)
