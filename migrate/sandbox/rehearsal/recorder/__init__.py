"""Counts the Celery tasks of an app that knows nothing of it: two modules that dynos load, and nobody here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PLACE: Final = Path(__file__).parent


def environment(ledger: Path) -> dict[str, str]:
    """Given the path of a ledger, return what a dyno's environment needs for its tasks to be recorded there."""
    return {"PYTHONPATH": str(_PLACE), "TASK_LEDGER": str(ledger)}
