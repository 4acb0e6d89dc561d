"""Each exit status is that of a real process in some test, whose JSON lines are read there too."""

from __future__ import annotations

import ast
from typing import Final

import pytest
from markdown_pages import ROOT

from migrate.exits import Exit

HELD_BY: Final = {
    Exit.DONE: ("test_saved_and_held", "test_a_preview_is_applied_once_and_waits_at_its_gate"),
    Exit.FAILED: ("test_refusals", "test_no_token"),
    Exit.USAGE: ("test_refusals", "test_without_a_plan_a_program_is_told_in_its_own_language"),
    Exit.RESUMABLE: ("test_faulty_network", "check_revoked"),
    Exit.REFUSED: ("test_refusals", "test_an_add_on_that_another_app_shares_is_refused"),
    Exit.CHANGED: ("test_saved_and_held", "test_a_preview_of_an_app_that_has_changed_since_is_not_applied"),
    Exit.HELD: ("test_operator", "check_while_it_runs"),
    Exit.NEEDS_YOU: ("test_refusals", "test_no_terminal_and_no_confirm"),
    Exit.ROLLED_BACK: ("test_way_back", "test_another_laptop_takes_the_app_back"),
    Exit.OUTCOME_UNKNOWN: ("test_faulty_network", "check_unclear"),
    Exit.HUNG_UP: ("test_operator", "test_when_nobody_reads_its_output_any_more"),
    Exit.INTERRUPTED: ("test_operator", "test_ctrl_c_in_the_middle_of_a_call"),
    Exit.TERMINATED: ("test_operator", "test_a_signal_before_anything_was_changed"),
}
"""The end-to-end test, or what it checks with, by the beginning of its name."""


def test_every_status_is_in_the_table() -> None:
    assert list(HELD_BY) == list(Exit)


@pytest.mark.parametrize("status", HELD_BY)
def test_the_test_that_holds_a_status_exists_and_names_it(status: Exit) -> None:
    module, name = HELD_BY[status]
    tree = ast.parse((ROOT / "tests" / "e2e" / f"{module}.py").read_text())
    (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith(name)]

    numbers = [node.value for node in ast.walk(found) if isinstance(node, ast.Constant)]
    assert int(status) in [number for number in numbers if type(number) is int]
