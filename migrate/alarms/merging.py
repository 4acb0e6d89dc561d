"""What to do on a new instance so that it has the old one's alarms beside its own: pure functions.

Every new instance comes with alarms and a recipient of its own; they are adapted, never taken away.
https://github.com/cloudamqp/terraform-provider-cloudamqp/blob/main/docs/resources/alarm.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.alarms.shapes import Alarm, Alarms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.alarms.shapes import Recipient

ON_SHARED_PLANS: Final = frozenset({"queue", "connection", "flow", "consumer", "notice"})
_ONE_ONLY: Final = "notice"
"""Every instance has one, which cannot be made or deleted."""
_APART: Final = ("vhost_regex", "queue_regex", "message_type", "value_calculation")
"""What tells two alarms of one kind from each other."""


class Merge(Struct, frozen=True):
    """What is to be done, and what nobody but the operator can do."""

    add: tuple[Alarm, ...] = ()
    change: tuple[Alarm, ...] = ()
    """Each with the number that it has on the new instance."""
    by_hand: tuple[str, ...] = ()
    """In words."""


def missing_recipients(old: Alarms, new: Alarms) -> tuple[Recipient, ...]:
    """Given both instances, return the old one's recipients that the new one does not have."""
    return tuple(item for item in old.recipients if _twin(item, new) is None)


def same_recipients(old: Alarms, new: Alarms) -> dict[int, int]:
    """Given both instances, return the number that each recipient of the old one has on the new one."""
    found = {item.id: _twin(item, new) for item in old.recipients}
    return {number: twin.id for number, twin in found.items() if twin is not None}


def merged(old: Alarms, new: Alarms, numbers: Mapping[int, int], *, shared: bool) -> Merge:
    """Given both instances, and the new numbers of old recipients, return what to do with the old one's alarms.

    ``shared``: whether the new plan is a shared one, which knows few kinds.
    """
    add, change, by_hand = list[Alarm](), list[Alarm](), list[str]()
    left = list(new.alarms)
    for alarm in old.alarms:
        twin = next((item for item in left if _key(item) == _key(alarm)), None)
        if twin is not None:
            left.remove(twin)
        missing = set(alarm.recipients) - numbers.keys()
        if (shared and alarm.kind not in ON_SHARED_PLANS) or (twin is None and alarm.kind == _ONE_ONLY):
            by_hand.append(f"{old.told(alarm)}: the new plan has no such alarm")
            continue
        if missing:
            by_hand.append(f"{old.told(alarm)}: not all whom it tells are known to the new instance")
        wanted = replace(alarm, recipients=_recipients(alarm, twin, numbers))
        if missing and not wanted.recipients:
            continue  # without anybody by name it would tell everybody
        if twin is None:
            add.append(wanted)
        elif not _alike(wanted, twin):
            change.append(replace(wanted, id=twin.id))
    return Merge(tuple(add), tuple(change), tuple(by_hand))


def _twin(recipient: Recipient, new: Alarms) -> Recipient | None:
    return next((item for item in new.recipients if recipient.is_like(item)), None)


def _key(alarm: Alarm) -> tuple[object, ...]:
    return (alarm.kind, *(alarm.settings.get(name) for name in _APART))


def _recipients(alarm: Alarm, twin: Alarm | None, numbers: Mapping[int, int]) -> tuple[int, ...]:
    known = [numbers[number] for number in alarm.recipients if number in numbers]
    if len(known) == len(alarm.recipients):
        return tuple(sorted(known))
    # Somebody is missing: whom the new instance would tell by itself is told on.
    return tuple(sorted({*known, *(twin.recipients if twin else ())}))


def _alike(wanted: Alarm, twin: Alarm) -> bool:
    same = wanted.enabled == twin.enabled and dict(wanted.settings) == dict(twin.settings)
    return same and wanted.recipients == tuple(sorted(twin.recipients))
