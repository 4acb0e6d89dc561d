"""The strategies and the ways back, as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migrate.strategies import STRATEGIES, WAYS_BACK

if TYPE_CHECKING:
    from migrate.steps import Step

EFFECTS = {"remove-old": "remove"}
"""What a step changes, where it is not called as the step is."""
WAYS = [*STRATEGIES.values(), *WAYS_BACK]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0].name)
def test_what_a_step_prepares_is_done_on_the_same_way_or_every_process_would_do_it_anew(
    way: tuple[Step, ...],
) -> None:
    done = {EFFECTS.get(step.name, step.name) for step in way}

    for step in way:
        assert not step.proves or done & set(step.proves), f"{step.name} prepares {step.proves}"
