"""CloudAMQP's API of instances, on loopback: it keeps alarms and recipients, in the shapes that were recorded.

https://github.com/cloudamqp/terraform-provider-cloudamqp/blob/main/test/fixtures/vcr/TestAccAlarm_Basic.yaml
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.http_server import Answer, Asked, as_json

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]


def a_recipient(number: int, kind: str = "email", value: str = "ops@example.com", name: str = "Default") -> Json:
    return {"id": number, "type": kind, "value": value, "name": name, "options": {}, "last_status": None}


def an_alarm(number: int, kind: str, *recipients: int, **settings: Any) -> Json:
    return {**settings, "id": number, "type": kind, "recipients": list(recipients), "enabled": True}


@dataclass
class FakeInstance:
    """What one key leads to. Like every new instance it has a recipient, and an alarm that cannot be made."""

    recipients: list[Json] = field(default_factory=lambda: [a_recipient(1)])
    alarms: list[Json] = field(default_factory=lambda: [an_alarm(2, "notice")])


@dataclass
class FakeCloudAmqpApi:
    """Every instance, by its key."""

    instances: dict[str, FakeInstance] = field(default_factory=dict)
    trouble: Callable[[Asked], Answer | None] = lambda _asked: None
    """Given a request, what is answered in the place of what it would answer."""
    next_number: int = 1000
    writes: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        if (answer := self.trouble(asked)) is not None:
            return answer
        user, _, key = base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        instance = self.instances.get(key)
        if user or instance is None:
            return as_json({"error": "Unauthorized"}, 401)
        kept = instance.recipients if asked.target.startswith("/api/alarms/recipients") else instance.alarms
        if asked.method == "GET":
            return as_json(kept)
        self.writes.append(f"{asked.method} {asked.target}")
        body = json.loads(asked.body)
        if asked.method == "PUT":
            return self._change(kept, int(asked.target.rpartition("/")[2]), body)
        if body["type"] == "notice":
            return as_json({"error": "Notice alarm cannot be created"}, 400)
        self.next_number += 1
        extra = {"last_status": None} if kept is instance.recipients else {}
        kept.append({**body, "id": self.next_number, **extra})
        return as_json(kept[-1], 201)

    def _change(self, kept: list[Json], number: int, body: Json) -> Answer:
        for place, item in enumerate(kept):
            if item["id"] == number:
                kept[place] = {**body, "id": number}
                return Answer(status=201)
        return as_json({"error": "Alarm not found"}, 404)
