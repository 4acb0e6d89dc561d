"""Events as lines of JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from migrate.events import StepNoted, StepWaiting

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class OfALibrary(str):
    """A text of a kind of its own."""

    __slots__ = ()


class Counted(int):
    """Likewise a number."""


def test_a_text_or_number_of_a_librarys_own_kind_is_told_as_pythons() -> None:
    event = StepWaiting("drain", OfALibrary("not empty"), {"ready": Counted(3)})

    line = json.loads(json.dumps(event.to_json(at=NOON, migration="mig-7f3k2q")))

    assert (line["reason"], line["detail"]) == ("not empty", {"ready": 3})


def test_what_is_no_json_is_no_event() -> None:
    event = StepNoted("drain", object())  # type: ignore[arg-type]  # as no caller may

    with pytest.raises(TypeError, match="object is not JSON"):
        event.to_json(at=NOON, migration="")
