from __future__ import annotations

import pytest

from migrate.exits import Exit


def test_the_statuses_are_those_that_scripts_rely_on() -> None:
    assert {member.name: int(member) for member in Exit} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "RESUMABLE": 3,
        "REFUSED": 4,
        "CHANGED": 5,
        "HELD": 6,
        "NEEDS_YOU": 7,
        "ROLLED_BACK": 8,
        "OUTCOME_UNKNOWN": 10,
        "HUNG_UP": 129,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


def test_no_two_situations_share_a_status_or_a_meaning() -> None:
    assert len({int(member) for member in Exit}) == len(Exit.__members__)
    assert len({member.meaning for member in Exit}) == len(Exit.__members__)


def test_a_status_carries_its_meaning() -> None:
    assert Exit.RESUMABLE.meaning == "stopped part-way; **resume is possible**"
    assert all(member.meaning for member in Exit)


def test_the_interpreter_takes_a_member_as_its_exit_status() -> None:
    with pytest.raises(SystemExit) as end:
        raise SystemExit(Exit.HELD)
    assert end.value.code == 6
