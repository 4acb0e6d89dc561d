"""Where the schema and what is known of Heroku part, each with the reason to side with Heroku."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.schema.hyper_schema import Complaint


@dataclass(frozen=True)
class Defect:
    """Expressions that must match a complaint in full."""

    where: str
    side: str
    says: str
    why: str

    def explains(self, complaint: Complaint) -> bool:
        """Return whether this is the complaint."""
        return all(
            re.fullmatch(expression, text)
            for expression, text in (
                (self.where, complaint.where),
                (self.side, complaint.side),
                (self.says, complaint.says),
            )
        )


MISSPELT = {"dyno_size": "dyno-size"}
"""Definitions that two references call by a name that does not exist."""

DEFECTS = (
    Defect(
        where=r"\w+ (/users/\{account\})?/apps(/\{app\})?",
        side="answer",
        says=r"\$(\[\d+\])?\.(web|git)_url: .* does not match .*heroku.*",
        why="The sandbox's: its apps are on loopback, and an address at Heroku would lead away from here.",
    ),
    Defect(
        where=r"\w+ (/apps/\{app\})?/addons(/\{add-on\})?|POST /actions/addons/resolve",
        side="answer",
        says=r"\$(\[\d+\])?\.state: 'deprovisioning' is not one of .*",
        why="In Heroku's own tests of the CLI it is the answer to a DELETE: https://github.com/heroku/cli",
    ),
    Defect(
        where=r"DELETE /apps/\{app\}/addons/\{add-on\}",
        side="request",
        says=r"\$: Additional properties are not allowed \('force' was unexpected\)",
        why="The CLI sends it with each addons:destroy; it is how an add-on goes that other apps have attached.",
    ),
    Defect(
        where=r"(POST|PATCH) (/apps/\{app\}/addons(/\{add-on\})?|/addon-attachments)",
        side="request",
        says=r"\$\.(plan|addon|app): \{'name': .*\} is not valid under any of the given schemas",
        why="The CLI names plans, add-ons and apps so; Heroku's API takes a bare name or id as well.",
    ),
    Defect(
        where=r"PATCH /apps/\{app\}/formation",
        side="request",
        says=r"\$\.updates\[\d+\]\.quantity: '[+-]?\d+' is not of type 'integer'",
        why="ps:scale sends text, and +1 and -1 cannot be said otherwise.",
    ),
    Defect(
        where=r"POST /apps/\{app\}/log-sessions",
        side="request",
        says=r"\$: Additional properties are not allowed \('dyno' was unexpected\)",
        why="The name of dyno_name and type before the Fir generation; the CLI still sends it.",
    ),
    Defect(
        where=r"PUT /apps/[^/]+/pre-authorizations",
        side="link",
        says=r"the schema has no such link",
        why="How the CLI gives a second factor once for an app.",
    ),
)
