"""What an operator may choose while, or after, a drain does not end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from migrate.commands import Command
    from migrate.migration import Migration

_LONGER: Final = 4
_ROUND: Final = 60


def ways_on(
    command: Command,
    migration: Migration,
    limit: float,
    held_for: float = 0.0,
    forsaken: str = "",
    *,
    back: bool = False,
    past: bool = False,
) -> tuple[str, ...]:
    """Given how commands are spelled, a migration and the limit of its drain in seconds, return what may be typed.

    ``held_for``: seconds until the last task that is held back is due; the offer to wait longer reaches beyond it.
    ``forsaken``: a queue that nobody empties. ``back``: whether it is on its way back; ``past``: whether the workers
    have left that broker, so that nothing is carried out of it any more.
    """
    longer = max(limit * _LONGER, held_for + 10 * _ROUND)
    seconds = str(int(-(-longer // _ROUND) * _ROUND))
    along = command("resume", migration, "--leftovers", "carry")
    give_up = command("resume", migration, "--ignore-queue", forsaken) if forsaken else ""
    return (
        f"{command('resume', migration, '--drain-timeout', seconds)}    (wait longer)",
        *(() if back or past else (f"{along}    (take along what is left; or dump, or discard: runbook carry-out)",)),
        *((f"{give_up}    (its messages go with the old broker)",) if give_up else ()),
        *(() if back else (f"{command('rollback', migration)}    (everything stays in the old broker)",)),
        f"{command('abandon', migration)}    (leave the app as it is now)",
    )
