from __future__ import annotations

import pytest

from migrate.changes.wanted_variables import changes, hold, missing, names, undecided
from migrate.secrets import redact

URL = "amqps://wolf:canary-new-password@new.example/wolf"
OLD_URL = "amqps://bear:canary-old-password@old.example/bear"
INTENT = {"version": 7, "variables": {"MARK": "mig", "OLD": None}, "references": {"WRITE_URL": "NEW_URL"}}
PRESENT = {"NEW_URL": URL, "OLD": "1"}


def test_a_reference_is_sent_as_the_value_that_is_there_now() -> None:
    assert changes(INTENT, PRESENT) == {"MARK": "mig", "OLD": None, "WRITE_URL": URL}


def test_a_value_that_was_looked_up_is_a_secret_from_then_on() -> None:
    changes(INTENT, {"NEW_URL": "canary-looked-up"})

    assert redact("refused: canary-looked-up") == "refused: [secret]"


def test_what_a_reference_leads_to_and_is_not_there_is_named() -> None:
    assert missing({"references": {"WRITE_URL": "NEW_URL", "OTHER": "GONE"}}, PRESENT) == ("GONE",)


@pytest.mark.parametrize(
    ("release", "holds"),
    [
        ({"MARK": "mig", "WRITE_URL": URL, "NEW_URL": URL}, True),
        ({"MARK": "mig", "WRITE_URL": URL, "NEW_URL": URL, "OLD": "1"}, False),
        ({"MARK": "other", "WRITE_URL": URL, "NEW_URL": URL}, False),
        ({"MARK": "mig", "WRITE_URL": "amqps://old", "NEW_URL": URL}, False),
        ({"MARK": "mig", "NEW_URL": URL}, False),
        ({"MARK": "mig", "WRITE_URL": URL}, False),
        ({"MARK": "mig"}, False),
    ],
    ids=["as wanted", "not unset", "another's mark", "another value", "not set", "source gone", "neither there"],
)
def test_a_release_is_ours_only_if_everything_in_it_is_as_it_was_wanted(
    release: dict[str, str], *, holds: bool
) -> None:
    assert hold(INTENT, release) is holds


@pytest.mark.parametrize(
    ("address", "old_url", "asked"),
    [
        (OLD_URL, OLD_URL, ()),
        (OLD_URL, None, ("ADDRESS",)),
        (OLD_URL, URL, ("ADDRESS",)),
        (URL, None, ()),
        (None, None, ()),
    ],
    ids=["known", "not known", "taken from too late a release", "leads there already", "not there"],
)
def test_a_copy_is_asked_about_where_the_old_brokers_address_is_not_known(
    address: str | None, old_url: str | None, asked: tuple[str, ...]
) -> None:
    intent = {"variables": {}, "copies": {"names": ["ADDRESS"], "variable": "NEW_URL"}}
    present = {"NEW_URL": URL} | ({"ADDRESS": address} if address else {})

    assert undecided(intent, present, old_url) == asked
    assert hold(intent, present, old_url) is (address != OLD_URL)


def test_an_intent_of_a_version_that_knew_no_references_has_none() -> None:
    intent = {"version": 7, "variables": {"EAGER": "True"}}

    assert changes(intent, {}) == {"EAGER": "True"}
    assert hold(intent, {"EAGER": "True"})
    assert names(intent) == ("EAGER",)


def test_every_variable_that_changes_is_named() -> None:
    assert names(INTENT) == ("MARK", "OLD", "WRITE_URL")
