"""Copies of the broker's address that will lead to the new broker: people should see which, before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from migrate.facts import Facts


def copies_follow(facts: Facts) -> Finding | None:
    """Given the facts, name the variables that are rewritten, with what they hold."""
    following = facts.followed_copies
    if not following:
        return None
    told = "; ".join(f"{copy.variable} ({copy.holds})" for copy in following)
    return Finding(
        "COPIES_FOLLOW",
        Severity.WARN,
        f"Config vars hold a copy of the broker's address, and are rewritten to the new one: {told}.",
        "That is done in the release that ends the move. Until then they lead to the old broker, and once that is "
        "removed, nowhere: what reads them waits.",
        f"nothing; or --keep-copy {following[0].variable} to leave it as it is",
    )
