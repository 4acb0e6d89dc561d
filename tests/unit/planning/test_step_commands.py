"""What the preview says to type, what the runbooks say under "By hand", and that they are the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fakes.step_previews import PREVIEWS

from migrate.planning.step_commands import by_hand

RUNBOOKS = Path(__file__).parents[3] / "runbooks"


def typed_on(page: str) -> set[str]:
    """The commands under By hand, without comments, in one form; where another page is named, those of that one."""
    text = (RUNBOOKS / f"{page}.md").read_text().partition("\n## By hand\n")[2].partition("\n## ")[0]
    if same := re.match(r"\s*As (?:in|for) \[([a-z-]+)\]", text):
        return typed_on(same[1])
    joined = text.replace("\\\n", " ")
    lines = (line.strip().partition("  #")[0] for line in joined.splitlines() if line.startswith("    "))
    return {in_one_form(line) for line in lines}


def in_one_form(command: str) -> str:
    """Without what differs from app to app: how many dynos there are."""
    return re.sub(r"(worker|beat)=[1-9]\d*", r"\1=N", " ".join(command.split()))


@pytest.mark.parametrize(("strategy", "step"), PREVIEWS)
def test_a_command_of_the_preview_stands_on_the_page_of_its_step(strategy: str, step: str) -> None:
    page = typed_on(step)
    commands = by_hand(PREVIEWS[strategy, step]).commands

    missing = [command for command in map(in_one_form, commands) if command not in page]
    assert missing == [], sorted(page)
