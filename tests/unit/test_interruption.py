from __future__ import annotations

import pytest

from migrate.exits import Exit
from migrate.interruption import Interruption
from migrate.results import Stopped


@pytest.fixture
def told() -> list[Exit]:
    return []


@pytest.fixture
def interruption(told: list[Exit]) -> Interruption:
    return Interruption(told.append)


def test_between_calls_the_first_request_ends_the_process_at_once(
    interruption: Interruption, told: list[Exit]
) -> None:
    with pytest.raises(Stopped) as stopped:
        interruption.ask(Exit.TERMINATED)

    assert (stopped.value.exit, told) == (Exit.TERMINATED, [])


def test_a_first_request_within_a_call_waits_for_its_end_and_says_so(
    interruption: Interruption, told: list[Exit]
) -> None:
    done: list[str] = []

    with pytest.raises(Stopped) as stopped, interruption.shield(), interruption.shield():
        interruption.ask(Exit.INTERRUPTED)
        done.append("the call")

    assert (stopped.value.exit, done, told) == (Exit.INTERRUPTED, ["the call"], [Exit.INTERRUPTED])


def test_a_second_request_ends_the_call_too(interruption: Interruption) -> None:
    done: list[str] = []

    with pytest.raises(Stopped) as stopped, interruption.shield():
        interruption.ask(Exit.INTERRUPTED)
        interruption.ask(Exit.TERMINATED)
        done.append("the call")

    assert (stopped.value.exit, done) == (Exit.TERMINATED, [])


def test_a_call_that_fails_after_a_request_still_ends_the_process(interruption: Interruption) -> None:
    with pytest.raises(Stopped), interruption.shield():
        interruption.ask(Exit.HUNG_UP)
        raise ValueError


def test_a_shield_without_a_request_changes_nothing(interruption: Interruption, told: list[Exit]) -> None:
    with pytest.raises(ValueError, match="the call"), interruption.shield():
        raise ValueError("the call")

    assert told == []
