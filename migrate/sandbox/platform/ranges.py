"""Lists in parts: `Range: version ..; max=1, order=desc`, 206 and Next-Range.

https://devcenter.heroku.com/articles/platform-api-reference#ranges
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from migrate.sandbox.refusals import Refused
from migrate.sandbox.sandbox import SANDBOX

if TYPE_CHECKING:
    from collections.abc import Sequence

_RANGE = re.compile(
    r"^\s*(?P<field>\w+)\s+(?P<open>\]?)(?P<first>[^.;]*)\.\.(?P<last>[^;\s]*)\s*(?:;(?P<options>.*))?$"
)
_LARGEST = 1000


@dataclass(frozen=True)
class Wanted:
    """What a Range header asks for. `after` = the first value itself is left out."""

    field: str
    first: str = ""
    last: str = ""
    after: bool = False
    limit: int = 200
    descending: bool = False


def listing(request: web.Request, items: Sequence[dict[str, Any]], *fields: str) -> web.Response:
    """Given the documents of a list and the fields it can be ordered by, return the wanted part.

    The first field is the default order.
    """
    wanted = _wanted(request, fields)
    ordered = sorted(items, key=lambda item: item[wanted.field], reverse=wanted.descending)
    inside = [item for item in ordered if _is_inside(item[wanted.field], wanted)]
    part = inside[: wanted.limit]
    headers = {"Accept-Ranges": ", ".join(fields)}
    if part:
        first, last = part[0][wanted.field], part[-1][wanted.field]
        headers["Content-Range"] = f"{wanted.field} {first}..{last}"
    if len(part) < len(inside):
        order = ",order=desc" if wanted.descending else ""
        headers["Next-Range"] = f"{wanted.field} ]{part[-1][wanted.field]}..{wanted.last}; max={wanted.limit}{order}"
    return web.json_response(part, status=206 if "Next-Range" in headers else 200, headers=headers)


def _wanted(request: web.Request, fields: Sequence[str]) -> Wanted:
    page = request.app[SANDBOX].world.settings.page_size
    header = request.headers.get(hdrs.RANGE)
    if header is None:
        return Wanted(fields[0], limit=page)
    match = _RANGE.match(header)
    if match is None or match["field"] not in fields:
        raise Refused(416, "requested_range_not_satisfiable", f"Unable to order by {header!r}.")
    options = dict(re.findall(r"(\w+)\s*=\s*(\w+)", match["options"] or ""))
    return Wanted(
        match["field"],
        match["first"],
        match["last"],
        after=bool(match["open"]),
        limit=min(int(options.get("max", page)), _LARGEST),
        descending=options.get("order") == "desc",
    )


def _is_inside(value: Any, wanted: Wanted) -> bool:
    def place(bound: str) -> int:
        """Return -1, 0 or 1: the value comes before, at or after the bound in the order asked for."""
        other = int(bound) if isinstance(value, int) else bound
        sign = int(value > other) - int(value < other)
        return -sign if wanted.descending else sign

    if wanted.first and place(wanted.first) < (1 if wanted.after else 0):
        return False
    return not (wanted.last and place(wanted.last) > 0)
