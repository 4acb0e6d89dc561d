"""Every guarantee names its assumptions and tests that exist."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from markdown_pages import ROOT, headings, section

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "guarantees.md"
SENTENCES = [title for title in headings(PAGE, 2) if title[0].isdigit()]


def held_by(text: str) -> list[str]:
    return re.findall(r"^- `(tests/[^`]+)`$", text, re.MULTILINE)


def names_in(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    named = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = ast.parse(path.read_text()).body
    targets = (node.targets for node in assigned if isinstance(node, ast.Assign))
    return named | {target.id for group in targets for target in group if isinstance(target, ast.Name)}


def test_there_are_three_to_five_numbered_sentences() -> None:
    assert 3 <= len(SENTENCES) <= 5
    assert [int(title.partition(".")[0]) for title in SENTENCES] == list(range(1, len(SENTENCES) + 1))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_guarantee_says_what_it_assumes_and_which_tests_hold_it(sentence: str) -> None:
    text = section(PAGE, sentence)

    assert re.search(r"^Assumes: \w", text, re.MULTILINE)
    assert held_by(text)


@pytest.mark.parametrize("named", sorted(set(held_by(PAGE.read_text()))))
def test_a_test_that_a_guarantee_names_exists(named: str) -> None:
    path, _, name = named.partition("::")

    assert (ROOT / path).is_file()
    if name:
        assert name in names_in(ROOT / path)
