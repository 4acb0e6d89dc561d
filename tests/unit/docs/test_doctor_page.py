"""docs/doctor.md has every row of the report, in its order, and every verdict."""

from __future__ import annotations

from markdown_pages import ROOT, section, table

from migrate.advice.row import Verdict
from migrate.advice.rows import ROWS

PAGE = ROOT / "docs" / "doctor.md"


def test_every_row_is_on_the_page_in_its_order() -> None:
    assert [row[0].strip("`") for row in table(section(PAGE, "Rows"))] == list(ROWS)


def test_every_verdict_is_explained() -> None:
    explained = {row[0].strip("`") for row in table(PAGE.read_text().partition("\n## ")[0])}

    assert explained == set(Verdict)


def test_the_test_that_proves_them_exists() -> None:
    assert (ROOT / "tests/contract/clients/test_doctor.py").is_file()
