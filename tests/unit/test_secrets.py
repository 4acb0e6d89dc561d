from __future__ import annotations

import copy
import json
import pickle
from base64 import b64encode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate import secrets
from migrate.secrets import MASK, Secret, redact

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "canary p@ss/w0rd+%"


def test_a_secret_shows_itself_as_a_mask_however_it_is_printed() -> None:
    secret = Secret(CANARY)

    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>40}", "%s" % secret, repr([secret])]  # noqa: UP031

    assert all(MASK in text for text in shown)
    assert not any(CANARY in text for text in shown)


def test_a_secret_is_revealed_on_purpose_only() -> None:
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize("spread", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_a_secret_is_neither_pickled_nor_copied_nor_turned_into_json(spread: object) -> None:
    assert callable(spread)
    with pytest.raises(TypeError) as refusal:
        spread(Secret(CANARY))
    assert CANARY not in str(refusal.value)


def test_an_empty_secret_is_false_and_any_other_is_true() -> None:
    assert not Secret("")
    assert Secret("x")


def test_secrets_are_equal_by_what_they_hide_and_never_equal_to_a_text() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert len({Secret(CANARY), Secret(CANARY)}) == 1
    assert Secret(CANARY) != Secret("another canary")
    assert Secret(CANARY) != CANARY


@pytest.mark.parametrize(
    "written", [CANARY, quote(CANARY, safe=""), quote_plus(CANARY)], ids=["plain", "percent-encoded", "form-encoded"]
)
def test_redaction_masks_a_secret_in_each_of_its_spellings(written: str) -> None:
    Secret(CANARY)
    assert redact(f"GET https://u:{written}@host/ failed") == f"GET https://u:{MASK}@host/ failed"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    value=st.text(min_size=9, max_size=40),
    before=st.binary(max_size=9),
    after=st.binary(max_size=9),
    encode=st.sampled_from([b64encode, urlsafe_b64encode]),
)
def test_redaction_masks_a_secret_in_the_middle_of_base64(
    value: str, before: bytes, after: bytes, encode: Callable[[bytes], bytes]
) -> None:
    secrets._known = secrets._Known()
    Secret(value)

    redacted = redact(f"Basic {encode(before + value.encode() + after).decode()}")

    assert redacted.count(MASK) == 1
    left = len(redacted) - len(f"Basic {MASK}")
    assert left <= 4 * (len(before) + len(after)) / 3 + 8, "no more than what stands beside it, and the ends"


def test_redaction_masks_every_occurrence() -> None:
    Secret("canary-one")
    assert redact("canary-one, canary-one") == f"{MASK}, {MASK}"


def test_a_secret_that_begins_with_another_one_is_masked_whole() -> None:
    Secret("canary-one")
    Secret("canary-one-and-more")

    assert redact("it is canary-one-and-more") == f"it is {MASK}"


@pytest.mark.parametrize("beside", ["", "innocent " * 10_000], ids=["a short text", "a long one"])
def test_each_of_a_thousand_secrets_is_masked_whatever_else_the_text_says(beside: str) -> None:
    values = [f"canary-{number}/of:the@fleet" for number in range(1000)]
    for value in values:
        Secret(value)

    text = "".join(
        f"{beside if value == values[0] else ''}{value} {quote(value, safe='')} " for value in values[::97]
    )

    assert redact(text) == beside + f"{MASK} {MASK} " * len(values[::97])


def test_a_mask_is_not_masked_again_where_a_word_of_it_is_a_secret() -> None:
    Secret("secret")
    Secret("canary-one")

    assert redact("canary-one") == MASK


def test_secrets_that_threads_learn_at_once_are_all_known() -> None:
    values = [f"canary-{number}" for number in range(400)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(Secret, values))

    assert {redact(value) for value in values} == {MASK}


def test_a_text_that_nobody_declared_secret_passes_unchanged() -> None:
    Secret("canary-one")
    assert redact("web.1 is up") == "web.1 is up"


def test_a_short_value_does_not_blank_out_innocent_text() -> None:
    Secret("guest")
    assert redact("the guest list") == "the guest list"


def test_a_secret_stays_masked_after_it_was_thrown_away() -> None:
    secret = Secret("canary-one")
    del secret
    assert redact("canary-one") == MASK


ALPHABET = "0189@/%+ é\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(ALPHABET, min_size=6), st.text(ALPHABET), st.text(ALPHABET))
def test_no_secret_survives_redaction_whatever_stands_around_it(value: str, before: str, after: str) -> None:
    secrets._known = secrets._Known()
    Secret(value)

    for written in (value, quote(value, safe=""), quote_plus(value)):
        redacted = redact(before + written + after)
        assert MASK in redacted
        assert written not in redacted
