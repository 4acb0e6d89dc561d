"""What may be typed while a drain does not end, by where the migration is."""

from __future__ import annotations

from fakes.migrations import a_migration

from migrate.commands import plain
from migrate.lookout.ways_on import ways_on


def verbs(*, back: bool = False, past: bool = False) -> list[str]:
    offered = ways_on(plain, a_migration(), 3600, back=back, past=past)
    return [line.partition("    (")[0].removeprefix("migrate-plan ").replace(" mig-7f3k2q", "") for line in offered]


def test_on_the_way_there_everything_is_offered() -> None:
    assert verbs() == ["resume --drain-timeout 14400", "resume --leftovers carry", "rollback", "abandon"]


def test_on_the_way_back_there_is_nothing_to_carry_out_and_no_other_way_back() -> None:
    assert verbs(back=True) == ["resume --drain-timeout 14400", "abandon"]


def test_once_the_workers_have_left_the_old_broker_nothing_is_carried_out_of_it() -> None:
    assert verbs(past=True) == ["resume --drain-timeout 14400", "rollback", "abandon"]
