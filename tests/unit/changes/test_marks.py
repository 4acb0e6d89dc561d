from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.migrations import a_migration

from migrate.changes import marks

NOON = datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)
PEOPLE = "mig-7f3k2q to cloudamqp:bunny-1 by ada@laptop since 2026-11-24T12:00:05Z"


def test_a_mark_tells_people_who_migrates_what_since_when_and_programs_all_that_was_decided() -> None:
    text = marks.mark(a_migration(eager_before="False"), "ada@laptop", NOON)

    found = marks.read(text)
    assert found is not None
    assert (found.text, found.people) == (text, PEOPLE)
    assert found.migration == a_migration(eager_before="False")


def test_no_mark_is_no_migration() -> None:
    assert marks.read("") is None


@pytest.mark.parametrize("rest", ["", " {}", ' {"id":"mig-7f3k2q"}', " {broken", ' {"id":1,"colour":"blue"}', " []"])
def test_a_mark_of_another_version_is_shown_and_not_understood(rest: str) -> None:
    found = marks.read(PEOPLE + rest)

    assert found is not None
    assert found.people.startswith(PEOPLE)
    assert found.migration is None


def test_a_mark_that_somebody_typed_is_shown_as_it_is() -> None:
    found = marks.read("hands off, Eve")

    assert found is not None
    assert (found.people, found.migration) == ("hands off, Eve", None)


def test_a_mark_whose_two_halves_name_different_migrations_is_not_believed() -> None:
    text = marks.mark(a_migration(), "ada@laptop", NOON).replace("mig-7f3k2q to", "mig-zzzzzz to")

    found = marks.read(text)
    assert found is not None
    assert found.migration is None


@pytest.mark.parametrize("who", ["ada@laptop", "uid-1000@ci runner since 5", "O'Brien {x}@host"])
def test_whoever_runs_it_is_named_whole(who: str) -> None:
    found = marks.read(marks.mark(a_migration(), who, NOON))

    assert found is not None
    assert f"by {who} since 2026" in found.people
    assert found.migration == a_migration()
