"""One line of the report on how an app uses its broker."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

PAGE: Final = "https://www.cloudamqp.com/docs/celery.html"
"""What CloudAMQP recommends."""


class Verdict(StrEnum):
    """What a row says, the best first."""

    OK = "ok"
    UNKNOWN = "unknown"
    """It could not be read: no warning, and no reason to be at ease."""
    ADVICE = "advice"
    """It could be better."""
    WARNING = "warning"
    """It should not stay."""
    DANGER = "danger"
    """On this plan it will fail, or has."""

    @property
    def fails(self) -> bool:
        """Whether a report with such a row ends with an exit status other than 0."""
        return self in {Verdict.UNKNOWN, Verdict.WARNING, Verdict.DANGER}


class Row(Struct, frozen=True):
    """One thing that was looked at. No secret is in it."""

    code: str
    subject: str
    """A setting, a process type, a queue."""
    found: str
    recommended: str
    verdict: Verdict
    why: str
    celery: str = ""
    """How to change it: lines for plain Celery, or for the Procfile; empty where nothing is to be changed."""
    django: str = ""
    """The same for Django with namespace CELERY."""
    source: str = PAGE
