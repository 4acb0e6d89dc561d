"""How reasons become sentences."""

from __future__ import annotations


def sentence(reason: str) -> str:
    """Given a reason such as ``no answer from x``, return it as a sentence: ``No answer from x.``"""
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."
