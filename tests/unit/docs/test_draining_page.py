"""The constants on docs/draining.md and docs/carry.md are those of the program."""

from __future__ import annotations

import importlib
import re

import pytest
from markdown_pages import ROOT, section, table

PAGE = ROOT / "docs" / "draining.md"
CARRY = ROOT / "docs" / "carry.md"
CONSTANTS = {row[0].strip("`"): row[1] for page in (PAGE, CARRY) for row in table(section(page, "Constants"))}


@pytest.mark.parametrize(("name", "value"), CONSTANTS.items())
def test_a_constant_has_the_value_that_the_page_says(name: str, value: str) -> None:
    module, _, constant = name.rpartition(".")
    assert getattr(importlib.import_module(module), constant) == float(value)


def test_every_file_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(migrate/[\w/]+\.py)`", PAGE.read_text()))

    assert named
    assert {name for name in named if not (ROOT / name).is_file()} == set()
