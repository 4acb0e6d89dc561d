"""Alarms and recipients, as CloudAMQP's API of one instance lists them.

Recorded shapes: https://github.com/cloudamqp/terraform-provider-cloudamqp/tree/main/test/fixtures/vcr
(TestAccAlarm_Basic). There they pass through another door of CloudAMQP's, so that here they may be others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from migrate.secrets import Secret

SETTINGS: Final = (
    "reminder_interval",
    "value_threshold",
    "value_calculation",
    "time_threshold",
    "vhost_regex",
    "queue_regex",
    "message_type",
)
EMAIL: Final = "email"
"""The one kind of recipient whose value is no key: others have a URL or a token of a service."""


class AlarmsUnusable(Exception):
    """The API gave no usable answer; the text says why."""


class Recipient(Struct, frozen=True):
    """Whom an alarm tells."""

    id: int
    kind: str
    """email, webhook, slack, pagerduty, opsgenie ..."""
    name: str
    address: str = ""
    """Of an email recipient."""
    key: Secret | None = None
    """The value of any other; None where it is not known any more."""
    options: Secret | None = None
    """Further settings, as JSON: some are keys."""

    def __str__(self) -> str:
        return f"{self.name} ({self.address or self.kind})" if self.name else self.address or self.kind

    @property
    def is_whole(self) -> bool:
        """Whether it is known well enough to be made again."""
        return bool(self.address or self.key)

    def is_like(self, other: Recipient) -> bool:
        """Whether both lead to the same place."""
        mine, its = (self.kind, self.address, self.key), (other.kind, other.address, other.key)
        return self.is_whole and mine == its

    def to_json(self) -> dict[str, Any]:
        """Return a form that JSON can hold, without what is a key."""
        return {"id": self.id, "kind": self.kind, "name": self.name, "address": self.address}


class Alarm(Struct, frozen=True):
    """What is watched, and who is told."""

    id: int
    kind: str
    """queue, connection, flow, consumer, notice, cpu, memory, disk ..."""
    enabled: bool
    settings: Mapping[str, Any]
    """Those of SETTINGS that are set."""
    recipients: tuple[int, ...]
    """Numbers of recipients; none: all of them."""

    def __str__(self) -> str:
        said = [f"{name} {self.settings[name]}" for name in SETTINGS if name in self.settings]
        return ", ".join([f"{self.kind} alarm", *([] if self.enabled else ["off"]), *said])

    def to_json(self) -> dict[str, Any]:
        """Return a form that JSON can hold."""
        return {**asdict(self), "settings": dict(self.settings), "recipients": list(self.recipients)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Given what to_json made, return the alarm."""
        return cls(**{**body, "recipients": tuple(body["recipients"])})


class Alarms(Struct, frozen=True):
    """All of one instance."""

    alarms: tuple[Alarm, ...] = ()
    recipients: tuple[Recipient, ...] = ()

    def told(self, alarm: Alarm) -> str:
        """Given one of the alarms, return it with whom it tells."""
        names = [str(item) for item in self.recipients if item.id in alarm.recipients]
        return f"{alarm}, to {', '.join(names) if alarm.recipients else 'all recipients'}"

    def of_vhost(self, old: str, new: str) -> Alarms:
        """Given the names of two vhosts, return the alarms of the one as they would be for the other."""
        return replace(self, alarms=tuple(_of_vhost(item, old, new) for item in self.alarms))

    def to_json(self) -> dict[str, Any]:
        """Return a form that JSON can hold, without keys of recipients."""
        return {
            "alarms": [item.to_json() for item in self.alarms],
            "recipients": [item.to_json() for item in self.recipients],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Given what to_json made, return the alarms."""
        alarms = tuple(Alarm.from_json(item) for item in body["alarms"])
        return cls(alarms, tuple(Recipient(**item) for item in body["recipients"]))


def _of_vhost(alarm: Alarm, old: str, new: str) -> Alarm:
    pattern = alarm.settings.get("vhost_regex")
    if not isinstance(pattern, str) or not old:
        return alarm
    # A name within a longer one is another vhost's; before it may stand what a pattern begins a word with.
    word = rf"(?:(?<![\w-])|(?<=\\[bA])){re.escape(old)}(?![\w-])"
    return replace(alarm, settings={**alarm.settings, "vhost_regex": re.sub(word, lambda _found: new, pattern)})
