"""Killed on the way back with two add-ons, and killed again while that is gone on with: the app as it was.

Of all pairs of points a part, another one for each first point;

    EVERY_PAIR=1 pytest tests/crash/test_way_back_pairs.py

takes them all.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest
from fakes.two_brokers import NEW, OLD, TWO, a_letter, check_as_it_was, dying, on_its_way_back, reached

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.machine import Machine

pytestmark = pytest.mark.crash

STRIDE: Final = 1 if "EVERY_PAIR" in os.environ else 29
LETTERS: Final = [a_letter(number) for number in range(3)]


def with_letters(folder: Path, strategy: str) -> Machine:
    """Return one that has tasks on the new broker that go back with it."""
    machine = on_its_way_back(folder, strategy)
    machine.heroku.broker_of(NEW).mover.messages = list(LETTERS)
    return machine


@pytest.mark.parametrize("strategy", TWO)
def test_killed_twice_on_the_way_back(tmp_path: Path, strategy: str) -> None:
    points = reached(with_letters(tmp_path, strategy).roll_back)
    assert len(points) > 50

    for number, first in enumerate(points):
        for second in points[number % STRIDE :: STRIDE]:
            machine = with_letters(tmp_path, strategy)
            assert dying(machine, machine.roll_back, first) is None
            again = machine.resume if machine.state == "rolling-back" else machine.roll_back
            ended = dying(machine, again, second) or machine.roll_back()
            assert ended.code == "ROLLED_BACK", (first, second, ended.what, ended.why)
            check_as_it_was(machine)
            assert machine.heroku.broker_of(OLD).mover.messages == LETTERS, (first, second)
            assert machine.heroku.writes.count("remove new") == 1, (first, second)
