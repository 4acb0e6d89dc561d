"""What becomes of leftovers is decided in full or not at all."""

from __future__ import annotations

import pytest
from fakes.migrations import a_migration

from migrate.errors import UsageError
from migrate.leftovers import Leftovers, decided
from migrate.migration import Migration


def test_without_a_word_nothing_is_decided() -> None:
    assert decided(None, None) is None


@pytest.mark.parametrize(
    ("kind", "count", "decision"),
    [("carry", None, Leftovers("carry")), ("wait", None, Leftovers()), ("discard", 12, Leftovers("discard", 12))],
)
def test_a_decision_is_what_was_said(kind: str, count: int | None, decision: Leftovers) -> None:
    assert decided(kind, count) == decision


@pytest.mark.parametrize(
    ("kind", "count"), [("keep", None), ("discard", None), ("carry", 3), ("", None), (None, 3), ("wait", 1)]
)
def test_half_a_decision_or_an_unknown_one_is_refused(kind: str | None, count: int | None) -> None:
    with pytest.raises(UsageError):
        decided(kind, count)


def test_a_checkpoint_from_before_leftovers_waits_for_them() -> None:
    body = a_migration().to_json()
    del body["leftovers"], body["discard_count"]

    found = Migration.from_json(body)

    assert (found.leftovers, found.discard_count, found.answered) == ("wait", None, ())
