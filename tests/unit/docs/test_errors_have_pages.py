"""Every error that can end a command has a code, an exit status and a place to read on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from markdown_pages import RUNBOOKS, headings, runbook_pages, section
from named_in_source import CODED, ERRORS, FINDINGS, RAISED

from migrate import errors
from migrate.exits import Exit

if TYPE_CHECKING:
    from migrate.errors import MigrateError


def codes_on(page: str) -> set[str]:
    """The headings of a page that are codes."""
    return {title for title in headings(runbook_pages()[page], 3) if title == title.upper()}


def test_there_are_errors_to_be_looked_at() -> None:
    assert len(CODED) > 20
    assert "TokenMissing" in RAISED


@pytest.mark.parametrize("name", RAISED)
def test_an_error_that_is_raised_has_a_code(name: str) -> None:
    assert name in CODED


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in CODED.values()]
    assert len(codes) == len(set(codes))


def test_no_error_shares_its_code_with_a_finding() -> None:
    assert {error.code for error in CODED.values()} & set(FINDINGS) == set()


@pytest.mark.parametrize("error", CODED.values())
def test_an_error_ends_with_a_status_of_the_table_that_is_no_success(error: type[MigrateError]) -> None:
    assert isinstance(error.exit, Exit)
    assert error.exit is not Exit.DONE


@pytest.mark.parametrize("error", CODED.values())
def test_an_error_has_a_heading_with_its_code_on_the_page_that_it_names(error: type[MigrateError]) -> None:
    assert (RUNBOOKS / f"{error.runbook}.md").is_file()
    assert headings(runbook_pages()[error.runbook], 3).count(error.code) == 1
    assert section(runbook_pages()[error.runbook], error.code).strip()


@pytest.mark.parametrize("error", CODED.values())
def test_the_exit_status_that_a_heading_states_is_that_of_its_error(error: type[MigrateError]) -> None:
    first = section(runbook_pages()[error.runbook], error.code).strip().partition(".")[0]
    if first.startswith("Exit "):
        assert first == f"Exit {int(error.exit)}"
    else:
        assert error.exit is Exit.FAILED


@pytest.mark.parametrize("page", runbook_pages())
def test_every_code_on_a_page_is_one_that_the_program_prints(page: str) -> None:
    own = {error.code for error in CODED.values() if error.runbook == page}
    assert codes_on(page) == own | (set(FINDINGS) if page == "preflight" else set())


def test_the_drawing_in_the_source_has_every_error() -> None:
    assert {name for name in ERRORS if name not in (errors.__doc__ or "")} == set()
