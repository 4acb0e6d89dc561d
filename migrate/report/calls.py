"""Every call to Heroku's API that the record has; of very many, those that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from migrate.report.story import Record

MOST: Final = 2500
"""So many calls a page shows at most; changes and failures first."""
_FAILED: Final = 400
_NOT_THERE: Final = 404


class Call(Struct, frozen=True):
    """One call and its answer."""

    at: datetime
    step: str
    method: str
    path: str
    status: int | None
    error: str
    request_id: str
    seconds: float | None

    @property
    def changes(self) -> bool:
        """Whether it can have changed something."""
        return self.method != "GET"

    @property
    def failed(self) -> bool:
        """Whether there was no answer, or one that is no success; that something is not there is an answer."""
        return self.status is None or (self.status >= _FAILED and (self.changes or self.status != _NOT_THERE))


class Calls(Struct, frozen=True):
    """The calls of a migration."""

    shown: tuple[Call, ...]
    total: int
    changes: int
    failed: int

    @property
    def left_out(self) -> int:
        """Reads that went well and are not shown."""
        return self.total - len(self.shown)


def calls(record: Record, most: int = MOST) -> Calls:
    """Given the events, return the calls among them."""
    every = [
        Call(
            at=item.at,
            step=item.body.get("step") or "",
            method=item.body.get("method") or "",
            path=item.body.get("path") or "",
            status=item.body.get("status"),
            error=item.body.get("error") or "",
            request_id=item.body.get("request_id") or "",
            seconds=item.body.get("seconds"),
        )
        for item in record
        if item.type == "api.call"
    ]
    shown = tuple(_chosen(every, most))
    return Calls(shown, len(every), sum(call.changes for call in every), sum(call.failed for call in every))


def _chosen(every: Sequence[Call], most: int) -> Sequence[Call]:
    if len(every) <= most:
        return every
    matters = [number for number, call in enumerate(every) if call.changes or call.failed][-most:]
    reads = sorted(set(range(len(every))) - set(matters))
    room = most - len(matters)
    kept = {*matters, *(reads[len(reads) - room :] if room else ())}
    return [call for number, call in enumerate(every) if number in kept]
