"""How a command ends that has counted an app's connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.connection_verdict import Verdict
from migrate.events import Result
from migrate.exits import Exit
from migrate.results import NOTHING_CHANGED

if TYPE_CHECKING:
    from migrate.advice.connection_verdict import Judgement


def result(judged: Judgement, command: str) -> Result:
    """Given whether an app's connections fit and what may be typed then, return the result.

    What is not known is not a yes, for a pipeline either.
    """
    code = {
        Verdict.FITS: "CONNECTIONS_FIT",
        Verdict.TOO_MANY: "CONNECTIONS_TOO_MANY",
        Verdict.TIGHT: "CONNECTIONS_TIGHT",
        Verdict.UNKNOWN: "CONNECTIONS_UNCOUNTED",
    }[judged.verdict]
    what = f"Connections: {judged.verdict}."
    if judged.verdict is Verdict.FITS:
        return Result(Exit.DONE, code, what, judged.why, NOTHING_CHANGED, ())
    return Result(Exit.REFUSED, code, what, judged.why, NOTHING_CHANGED, (command,) if command else (), "preflight")
