"""The report in one sentence, and what it ends with: pure functions."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from migrate.advice.row import Verdict
from migrate.errors import NotAsAdvised, UsageError
from migrate.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from migrate.advice.row import Row

WORST_FIRST: Final = (Verdict.DANGER, Verdict.WARNING, Verdict.ADVICE, Verdict.UNKNOWN, Verdict.OK)


def tally(rows: Sequence[Row]) -> str:
    """Given all rows, return how many there are of each verdict, the worst first."""
    found = Counter(row.verdict for row in rows)
    words = {
        Verdict.DANGER: counted(found[Verdict.DANGER], "danger"),
        Verdict.WARNING: counted(found[Verdict.WARNING], "warning"),
        Verdict.ADVICE: f"{found[Verdict.ADVICE]} could be better",
        Verdict.UNKNOWN: f"{found[Verdict.UNKNOWN]} not known",
        Verdict.OK: f"{found[Verdict.OK]} as recommended",
    }
    return ", ".join(words[verdict] for verdict in WORST_FIRST if found[verdict])


def unknown(rows: Sequence[Row]) -> str:
    """Given all rows, return what could not be told, as a sentence; empty where all could."""
    codes = list(dict.fromkeys(row.code for row in rows if row.verdict is Verdict.UNKNOWN))
    return f"Not known, and so not good either: {listed(codes, 20)}." if codes else ""


def refuse(rows: Sequence[Row], app: str, plan: str, accepted: Collection[str] = ()) -> None:
    """Raise NotAsAdvised where a row is a warning or worse, or not known, unless its code was accepted by name.

    What could not be read counts: a pipeline shall not be green because no worker answered.
    """
    failing = [row for row in rows if row.verdict.fails and row.code not in accepted]
    bad = [row for row in failing if row.verdict is not Verdict.UNKNOWN]
    if bad:
        codes = list(dict.fromkeys(row.code for row in sorted(bad, key=lambda row: WORST_FIRST.index(row.verdict))))
        raise NotAsAdvised(
            f"{app} does not use its broker as {plan} needs it: {tally(rows)}.",
            why=f"{listed(codes, 20)}. {unknown(failing)}".strip(),
            next="change what the report says, deploy, and run the same command again",
        )
    if failing:
        raise NotAsAdvised(
            f"Whether {app} uses its broker as {plan} needs it is not known: {tally(rows)}.",
            why=unknown(failing),
            next=f"the same command with --accept {failing[0].code}    (if you have looked, and it is right)",
        )


def check_codes(accepted: Collection[str], rows: Sequence[Row]) -> None:
    """Raise UsageError for a code that no row has: one that is misspelt would accept nothing, in silence."""
    known = list(dict.fromkeys(row.code for row in rows))
    if wrong := [code for code in accepted if code not in known]:
        near = get_close_matches(wrong[0].upper(), known, 1)
        raise UsageError(
            f"The report has no row {wrong[0]}.",
            why=f"It has {listed(known, 30)}.",
            next=f"--accept {near[0] if near else known[0]}",
        )
