"""Tasks that a published message carries on: the rest of a chain, the body of a chord, callbacks.

Nobody publishes them before the tasks that they wait for have succeeded, so nobody would miss them but for
the promise: an eager worker forgets the tail of a chain without an error.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from migrate.sandbox.rehearsal.ledger import Record


def promised(records: Iterable[Record]) -> Mapping[str, set[str]]:
    """Given a ledger's records, return the ids that were promised, each with all ids that it waits for."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for item in record.get("promised", ()):
            found[item["id"]].update(item["after"])
    return found


def void(promises: Mapping[str, Collection[str]], ended: Collection[str], came: Collection[str]) -> set[str]:
    """Given which tasks ended without success, return the promises that are rightly never kept.

    Those wait for such a task, or for a promise that is void itself. One that came all the same is not void.
    """
    found: set[str] = set()
    while more := {
        task_id
        for task_id, after in promises.items()
        if task_id not in found and task_id not in came and any(other in ended or other in found for other in after)
    }:
        found |= more
    return found
