"""What a check found, and how much it matters."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """What a finding does to the migration."""

    REFUSE = "refuse"
    """It does not start."""
    ASK = "ask"
    """It starts only if the finding's code is accepted by name."""
    WARN = "warn"
    """It is shown."""


class Finding(Struct, frozen=True):
    """One thing that a check wants the operator to know."""

    code: str
    severity: Severity
    what: str
    why: str
    do: str
    """The next command, or what to change."""
