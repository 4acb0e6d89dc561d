"""What is different for Celery on a newer RabbitMQ, from the versions that were read: pure functions.

Before the new broker is there only the old one's version is known, so that the newest counts as what may come.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.brokers.report import Unreadable
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from migrate.brokers.report import QueueReport, Software

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)+")
RABBITMQ: Final = "RabbitMQ"
LAVINMQ: Final = "LavinMQ"
NOTES: Final = "https://github.com/rabbitmq/rabbitmq-server/blob/main/release-notes"
GLOBAL_LIMIT_DENIED: Final = (4, 3)
_GLOBAL_LIMIT_LEFT: Final = ((4, 0), (5, 7))
"""From this RabbitMQ on kombu does not use it, from that version of its own on.
https://github.com/celery/kombu/pull/2481"""
_EXCLUSIVE_MAILBOXES: Final = (5, 7)
"""From this Celery on. https://github.com/celery/kombu/pull/2531"""


class Version(Struct, frozen=True):
    """Which server a broker is."""

    product: str
    number: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.number))}"

    def is_rabbitmq(self, *since: int) -> bool:
        """Whether it is RabbitMQ, of that version or a later one."""
        return self.product == RABBITMQ and self.number >= since


NEWEST: Final = Version(RABBITMQ, (4, 3))
"""The one with the most differences so far: what a plan may bring, as long as nobody has asked."""


def version(text: str | Unreadable) -> Version | None:
    """Given what a management API says of its version, return it; None where it does not say one."""
    found = None if isinstance(text, Unreadable) else _NUMBER.search(text)
    if found is None:
        return None
    product = LAVINMQ if str(text).startswith(LAVINMQ) else RABBITMQ
    return Version(product, tuple(map(int, found[0].split("."))))


class Setting(Struct, frozen=True):
    """What decides whether a difference matters; each part may not be known."""

    software: tuple[Software, ...] | Unreadable
    """What the workers run."""
    quorum: tuple[str, ...] | Unreadable
    """Names of the old broker's quorum queues."""
    modes: tuple[str, ...] | Unreadable
    """Names of those that are declared with x-queue-mode, or x-queue-version 1."""
    mirrored: tuple[str, ...] | Unreadable
    """Names of the policies that mirror queues."""


def setting(
    software: tuple[Software, ...] | Unreadable,
    queues: QueueReport | Unreadable,
    mirrored: tuple[str, ...] | Unreadable,
) -> Setting:
    """Given what workers run, the old broker's queues and its policies that mirror, return what matters of it."""
    if isinstance(queues, Unreadable):
        return Setting(software, queues, queues, mirrored)
    quorum = tuple(item.name for item in queues.queues if item.type == "quorum")
    modes = tuple(item.name for item in queues.queues if _has_a_mode(item.arguments))
    return Setting(software, quorum, modes, mirrored)


def _has_a_mode(arguments: Mapping[str, object]) -> bool:
    return "x-queue-mode" in arguments or arguments.get("x-queue-version") == 1


def differences(old: Version | None, new: Version, setting: Setting) -> tuple[str, ...]:
    """Given the old broker, None where its version is not known, and the new one, say what Celery meets there.

    What the old one does already is left out. Each is a sentence or two with a link.
    """
    return tuple(text for applies in _DIFFERENCES for text in applies(old, new, setting))


def compared(old: Version | None, new: Version | None) -> str:
    """Given two brokers, None where a version is not known, return both as the beginning of a sentence."""
    was = str(old) if old else "a broker that does not say its version"
    return f"from {was} to {new or 'a broker that does not say its version'}"


def _begins(old: Version | None, new: Version, *since: int) -> bool:
    return new.is_rabbitmq(*since) and not (old is not None and old.is_rabbitmq(*since))


def _waiting_stalls(old: Version | None, new: Version, setting: Setting) -> Iterator[str]:
    left, since = _GLOBAL_LIMIT_LEFT
    kombu = [item.kombu for item in known(setting.software)]
    never = bool(kombu) and all(number is not None and number < since for number in kombu)
    always = bool(kombu) and all(number is not None and number >= since for number in kombu)
    as_before = always and old is not None and old.is_rabbitmq(*left)
    if as_before or not (_begins(old, new, *GLOBAL_LIMIT_DENIED) or (_begins(old, new, *left) and not never)):
        return
    yield (
        "A task with eta or countdown takes one of the places that a worker has for tasks, until it is due: a worker "
        "that holds as many as it may fetch takes nothing else, and stands still without an error. So from RabbitMQ "
        f"4.3 on, and from 4.0 on with kombu 5.7 ({_told(setting.software, 'kombu')}). A higher "
        "worker_prefetch_multiplier, workers of their own for such tasks, or quorum queues avoid it. "
        "https://github.com/celery/kombu/pull/2481"
    )


def _mailboxes_are_refused(old: Version | None, new: Version, setting: Setting) -> Iterator[str]:
    celery = [item.celery for item in known(setting.software)]
    never = bool(celery) and all(number is not None and number >= _EXCLUSIVE_MAILBOXES for number in celery)
    if _begins(old, new, 4, 3) and not never:
        yield (
            f"Workers with Celery before 5.7 do not start on RabbitMQ 4.3 ({_told(setting.software, 'celery')}): "
            "it refuses the queues of remote control and events, error 541. Celery 5.7; or 5.6 with "
            "control_queue_exclusive and event_queue_exclusive True; or --without-mingle --without-gossip. "
            "https://github.com/celery/kombu/pull/2531"
        )


def _nothing_is_mirrored(old: Version | None, new: Version, setting: Setting) -> Iterator[str]:
    if _begins(old, new, 4, 0) and setting.mirrored:
        yield (
            f"From RabbitMQ 4.0 on no queue is mirrored, and policies with ha-... are refused"
            f"{_here(setting.mirrored)}: what should be on several nodes has to be a quorum queue. {NOTES}/4.0.1.md"
        )


def _redeliveries_are_counted(old: Version | None, new: Version, setting: Setting) -> Iterator[str]:
    if _begins(old, new, 4, 0) and setting.quorum:
        yield (
            f"From RabbitMQ 4.0 on a quorum queue{_here(setting.quorum)} drops a message, or dead-letters it, "
            "when it has come back 20 times. A policy or argument delivery-limit sets another number. "
            f"{NOTES}/4.0.1.md"
        )


def _modes_are_refused(old: Version | None, new: Version, setting: Setting) -> Iterator[str]:
    if _begins(old, new, 4, 3) and setting.modes:
        yield (
            f"From RabbitMQ 4.3 on a queue{_here(setting.modes)} cannot be declared with x-queue-mode or "
            f"x-queue-version 1: an app that does so has to leave the arguments out. {NOTES}/4.3.0.md"
        )


_DIFFERENCES: Final[tuple[Callable[[Version | None, Version, Setting], Iterator[str]], ...]] = (
    _mailboxes_are_refused,
    _waiting_stalls,
    _modes_are_refused,
    _redeliveries_are_counted,
    _nothing_is_mirrored,
)


def known(software: tuple[Software, ...] | Unreadable) -> tuple[Software, ...]:
    """Given what workers run, return those that have said it."""
    return () if isinstance(software, Unreadable) else software


def _told(software: tuple[Software, ...] | Unreadable, library: str) -> str:
    if isinstance(software, Unreadable):
        return f"which one the workers run is not known: {software.reason}"
    said = sorted({number for item in software if (number := getattr(item, library))})
    if not said:
        return "which one the workers run, none of them says"
    return f"the workers run {listed(['.'.join(map(str, number)) for number in said])}"


def _here(names: tuple[str, ...] | Unreadable) -> str:
    return "" if isinstance(names, Unreadable) else f" (here: {listed(names)})"
