"""A step's command, taken apart: what can be typed as it stands, and what is a remark. Pure functions.

The pages of runbooks/ have the same commands under "By hand"; a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from migrate.preview import Preview

_REMARK: Final = "    ("
_ELSEWHERE: Final = "see the runbook"
_PROSE: Final = ("the management API", _ELSEWHERE)


class ByHand(Struct, frozen=True):
    """What one would do for the effect of one step."""

    commands: tuple[str, ...]
    """To be typed one after another."""
    remark: str
    """What is to be minded, or where to read on; empty for nothing."""


def by_hand(step: Preview) -> ByHand:
    """Given a step's preview, return what to type; only a remark where that is no command."""
    page = f"migrate-plan runbook {step.step}"
    if step.command.startswith(_PROSE):
        return ByHand((), page if step.command == _ELSEWHERE else f"{step.command}    ({page})")
    typed, _, remark = step.command.partition(_REMARK)
    return ByHand(tuple(filter(None, typed.split(" && "))), remark.removesuffix(")"))
