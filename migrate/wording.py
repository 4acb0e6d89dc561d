"""How reasons become sentences, and lists stay short."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


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
