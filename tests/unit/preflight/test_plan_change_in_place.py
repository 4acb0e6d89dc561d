from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.facts import ADD_ON, healthy_facts
from msgspec.structs import replace

from migrate.preflight.finding import Severity
from migrate.preflight.plan_change_in_place import plan_change_in_place

if TYPE_CHECKING:
    from migrate.facts import Facts


def move(old: str, new: str) -> Facts:
    return healthy_facts(add_on=replace(ADD_ON, plan=f"cloudamqp:{old}"), target=f"cloudamqp:{new}")


@pytest.mark.parametrize(
    ("old", "new"), [("lemur", "bunny-1"), ("tiger", "squirrel-1"), ("bunny-1", "lemur"), ("ermine", "tiger")]
)
def test_between_shared_and_dedicated_there_is_no_other_way(old: str, new: str) -> None:
    assert plan_change_in_place(move(old, new)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lemur", "tiger"),
        ("lemming", "ermine"),
        ("squirrel-1", "bunny-1"),
        ("bunny-3", "bunny-1"),
        ("lemming", "puffin-3"),
    ],
)
def test_a_move_within_a_kind_is_pointed_out_with_the_shorter_way(old: str, new: str) -> None:
    found = plan_change_in_place(move(old, new))

    assert found is not None
    assert (found.code, found.severity) == ("IN_PLACE_POSSIBLE", Severity.WARN)
    assert found.do == "the same command with --strategy in-place"
