"""Where the tasks of a sandbox's apps are on record: by the demo itself, for other apps by the recorder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE: Final = "LEDGER_PATH"
"""The config var that tells the demo its ledger."""


def ledger_in(directory: Path, twin: str = "") -> Path:
    """Given a sandbox's directory, and perhaps one of its app's twins, return the path of the ledger.

    That of a twin is in a folder of its own, for the demo keeps its results beside its ledger.
    """
    return (directory / "twins" / twin if twin else directory) / "ledger.jsonl"
