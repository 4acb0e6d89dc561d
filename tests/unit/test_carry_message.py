"""What is read out of property bytes, and that they stay as they are."""

from __future__ import annotations

from typing import Any

import amqp
import pytest

from migrate.carry.message import decoded, fingerprint, task_of, without_user


def raw(**properties: Any) -> bytes:
    found: bytes = amqp.Message(b"", **properties)._serialize_properties()
    return found


def task(**headers: Any) -> bytes:
    return raw(application_headers={"id": "task-1", "task": "shop.send", **headers})


def test_a_task_is_known_by_its_headers() -> None:
    assert task_of(task()) == ("task-1", "shop.send")


def test_an_older_task_is_known_by_its_correlation_id_and_nothing_by_nothing() -> None:
    assert task_of(raw(correlation_id="task-2")) == ("task-2", "")
    assert task_of(b"\0\0") == ("", "")


@pytest.mark.parametrize("damaged", [b"", b"\x20", b"\x20\x00\x00\x00\x00\x09\x01aZ", b"\x20\x00\xff\xff\xff\xff"])
def test_properties_that_cannot_be_read_are_no_task_and_no_failure(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        decoded(damaged)
    assert task_of(damaged) == ("", "")
    assert fingerprint(damaged, b"") is None


def test_a_second_delivery_has_the_fingerprint_of_the_first() -> None:
    first = fingerprint(task(retries=0), b"body")

    assert first == fingerprint(task(**{"x-delivery-count": 3, "retries": 0}), b"body")
    assert first == fingerprint(
        raw(user_id="me", application_headers=decoded(task(retries=0))["application_headers"]), b"body"
    )


@pytest.mark.parametrize(
    ("properties", "body"),
    [
        (task(retries=1), b"body"),
        (task(retries=0), b"other"),
        (raw(priority=3, application_headers={"id": "task-1", "task": "shop.send", "retries": 0}), b"body"),
    ],
)
def test_another_message_of_the_same_task_has_another_fingerprint(properties: bytes, body: bytes) -> None:
    assert fingerprint(properties, body) != fingerprint(task(retries=0), b"body")


def test_a_message_without_an_id_has_no_fingerprint() -> None:
    assert fingerprint(raw(content_type="text/plain"), b"body") is None


@pytest.mark.parametrize("others", [{}, {"app_id": "shop"}, {"app_id": "läden", "cluster_id": "c"}])
def test_the_user_is_cut_out_and_all_else_stays(others: dict[str, str]) -> None:
    around = {"content_type": "a/b", "application_headers": {"id": "1"}, "type": "t", **others}

    assert without_user(raw(user_id="somebody", **around)) == raw(**around)
    assert without_user(raw(**around)) == raw(**around)
