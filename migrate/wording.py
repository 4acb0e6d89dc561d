"""How reasons become sentences, and lists stay short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_MINUTE: Final = 60
_HOUR: Final = 3600


def sentence(reason: str) -> str:
    """Given a reason such as ``no answer from x``, return it as a sentence: ``No answer from x.``"""
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."


def listed(texts: Sequence[str], most: int = 10) -> str:
    """Given texts, return them with commas between; of many only the first, and how many more there are."""
    shown = ", ".join(texts[:most])
    return f"{shown} and {len(texts) - most} more" if len(texts) > most else shown


def counted(number: int, noun: str) -> str:
    """Given a number and a noun, return both, as in ``1 task`` and ``3 tasks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def short_plan(plan: str) -> str:
    """Given ``cloudamqp:bunny``, return ``bunny``."""
    return plan.partition(":")[2] or plan


def span(seconds: float) -> str:
    """Given seconds, return them for people: ``12 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    hours, minutes = divmod(round(seconds / _MINUTE), _MINUTE)
    return f"{hours} h {minutes} min"


def moment(then: datetime, now: datetime) -> str:
    """Given a time and the present one, both in UTC, return the time, with its day where that is another."""
    return f"{then:%H:%M:%S} UTC" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M} UTC"
