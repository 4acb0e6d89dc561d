"""What is different on a newer broker, by the versions that were read."""

from __future__ import annotations

import pytest
from fakes.broker_reports import a_queue, queues

from migrate.brokers.report import QueueCount, Software, Unreadable
from migrate.brokers.versions import NEWEST, Version, compared, differences, setting, version

OLD_CELERY = Software((5, 4, 0), (5, 4, 2))
NEW_CELERY = Software((5, 7, 0), (5, 7, 0))
NO_POLICY: tuple[str, ...] = ()
LAZY = QueueCount("lazy", 0, 0, arguments={"x-queue-mode": "lazy"})
UNKNOWN = Unreadable("no answer")

STALL, START, MODE, REDELIVERY, MIRROR = "eta or countdown", "do not start", "x-queue-mode", "20 times", "mirrored"
EVERY = {STALL, START, MODE, REDELIVERY, MIRROR}


def rabbitmq(text: str) -> Version:
    found = version(text)
    assert found is not None
    return found


def found(
    old: str,
    new: str,
    software: tuple[Software, ...] | Unreadable = (OLD_CELERY,),
    *counted: QueueCount,
    mirrored: tuple[str, ...] | Unreadable = NO_POLICY,
) -> set[str]:
    """Which of the differences are told."""
    texts = differences(version(old), rabbitmq(new), setting(software, queues(*counted), mirrored))
    return {word for word in EVERY for text in texts if word in text.partition(". ")[0]}


def test_a_version_is_read_as_the_management_api_says_it() -> None:
    assert version("3.13.7") == Version("RabbitMQ", (3, 13, 7))
    assert version("4.1.0-rc.1") == Version("RabbitMQ", (4, 1, 0))
    assert version("LavinMQ 2.4.1") == Version("LavinMQ", (2, 4, 1))
    assert version("unknown") is None
    assert version(UNKNOWN) is None


@pytest.mark.parametrize(
    ("old", "new", "software", "told"),
    [
        ("3.13.7", "3.13.7", OLD_CELERY, set()),
        ("3.13.7", "4.1.4", OLD_CELERY, set()),
        ("3.13.7", "4.1.4", NEW_CELERY, {STALL}),
        ("3.13.7", "4.3.0", OLD_CELERY, {STALL, START}),
        ("3.13.7", "4.3.0", NEW_CELERY, {STALL}),
        ("4.1.4", "4.3.0", NEW_CELERY, set()),
        ("4.1.4", "4.3.0", OLD_CELERY, {STALL, START}),
        ("4.3.0", "4.3.5", OLD_CELERY, set()),
        ("4.3.0", "3.13.7", OLD_CELERY, set()),
        ("LavinMQ 2.4.1", "4.1.4", NEW_CELERY, {STALL}),
        ("LavinMQ 2.4.1", "4.3.0", OLD_CELERY, {STALL, START}),
        ("4.1.4", "LavinMQ 2.4.1", OLD_CELERY, set()),
        ("unknown", "4.3.0", OLD_CELERY, {STALL, START}),
    ],
)
def test_what_begins_between_two_versions_is_told(old: str, new: str, software: Software, told: set[str]) -> None:
    assert found(old, new, (software,)) == told


@pytest.mark.parametrize("software", [(), UNKNOWN, (Software(None, None),), (OLD_CELERY, Software(None, None))])
def test_celery_of_an_unknown_version_counts_as_one_that_it_concerns(
    software: tuple[Software, ...] | Unreadable,
) -> None:
    assert found("3.13.7", "4.3.0", software) == {STALL, START}
    assert STALL in found("3.13.7", "4.1.4", software)


def test_one_worker_of_an_older_version_is_enough() -> None:
    assert START in found("3.13.7", "4.3.0", (NEW_CELERY, OLD_CELERY))


def test_the_versions_that_workers_run_are_in_the_text() -> None:
    (text, *_) = differences(None, NEWEST, setting((OLD_CELERY,), queues(), NO_POLICY))
    assert "5.4.0" in text


def test_queues_that_it_concerns_are_named_and_without_any_nothing_is_said() -> None:
    quorum = a_queue("replicated", type_="quorum")
    assert found("3.13.7", "4.3.0", (NEW_CELERY,), quorum, LAZY) == {STALL, REDELIVERY, MODE}
    assert found("3.13.7", "4.1.4", (OLD_CELERY,), quorum, LAZY) == {REDELIVERY}
    texts = differences(None, NEWEST, setting((NEW_CELERY,), queues(quorum, LAZY), NO_POLICY))
    assert sum("replicated" in text for text in texts) == sum("lazy" in text for text in texts) == 1


def test_queues_that_could_not_be_read_may_be_concerned() -> None:
    texts = differences(None, NEWEST, setting((NEW_CELERY,), UNKNOWN, NO_POLICY))
    assert sum(word in text for text in texts for word in (MODE, REDELIVERY)) == 2


@pytest.mark.parametrize("mirrored", [("ha-all",), UNKNOWN])
def test_mirrored_queues_are_told_where_there_are_any_or_may_be(mirrored: tuple[str, ...] | Unreadable) -> None:
    assert MIRROR in found("3.13.7", "4.0.3", mirrored=mirrored)
    assert MIRROR not in found("4.0.1", "4.0.3", mirrored=mirrored)


def test_each_difference_has_a_link() -> None:
    texts = differences(None, NEWEST, setting(UNKNOWN, UNKNOWN, UNKNOWN))

    assert len(texts) == len(EVERY)
    assert all("https://" in text for text in texts)


def test_brokers_are_compared_in_words_whatever_they_are() -> None:
    assert compared(version("3.13.7"), version("4.1.4")) == "from RabbitMQ 3.13.7 to RabbitMQ 4.1.4"
    assert compared(version("LavinMQ 2.4.1"), None) == "from LavinMQ 2.4.1 to a broker that does not say its version"
    assert compared(None, NEWEST) == "from a broker that does not say its version to RabbitMQ 4.3"
