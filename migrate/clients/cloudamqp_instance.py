"""CloudAMQP's HTTP API of one instance, which works with the add-on's own key for customers of Heroku, too.

https://docs.cloudamqp.com/instance-api.html. Whatever it answers that is not as expected is AlarmsUnusable: nothing
of a migration rests on it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import requests
from msgspec import Struct
from requests.auth import HTTPBasicAuth

from migrate.alarms.shapes import EMAIL, SETTINGS, Alarm, Alarms, AlarmsUnusable, Recipient
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    Json = Mapping[str, Any]

API: Final = "https://api.cloudamqp.com"
_ALARMS: Final = "/api/alarms"
_RECIPIENTS: Final = "/api/alarms/recipients"
_REDIRECTS: Final = 300
"""From this status on nothing was done."""


class Instances(Struct, frozen=True):
    """Opens instances by the variable that holds their key."""

    base_url: str = API

    def open(self, config_vars: Mapping[str, str], variable: str) -> Instance:
        """Given an app's variables and the name of one, return the instance; raises AlarmsUnusable without it."""
        if not config_vars.get(variable):
            raise AlarmsUnusable(f"the app has no {variable}")
        return Instance(Secret(config_vars[variable]), self.base_url.rstrip("/"))


@dataclass
class Instance:
    """Reads and makes the alarms of one instance."""

    key: Secret
    base_url: str
    session: requests.Session = field(default_factory=requests.Session, repr=False)
    time_limits: tuple[float, float] = (3.0, 7.0)
    """Seconds to connect, and seconds without a byte."""

    def __post_init__(self) -> None:
        # An explicit auth keeps requests from reading netrc, and no key stands in any URL.
        self.session.auth = HTTPBasicAuth(b"", self.key.reveal().encode())

    def read(self) -> Alarms:
        """Return all alarms and recipients; raises AlarmsUnusable."""
        recipients = self._list(_RECIPIENTS)
        try:
            return Alarms(tuple(map(_alarm, self._list(_ALARMS))), tuple(map(_recipient, recipients)))
        except (KeyError, TypeError, ValueError) as error:
            raise AlarmsUnusable(f"an alarm or recipient of an unknown shape ({error})") from None

    def add_recipient(self, recipient: Recipient) -> int:
        """Make a recipient and return its number; raises AlarmsUnusable."""
        value = recipient.key.reveal() if recipient.key else recipient.address
        body = {"type": recipient.kind, "name": recipient.name, "value": value}
        options = json.loads(recipient.options.reveal()) if recipient.options else {}
        made = self._call("POST", _RECIPIENTS, {**body, "options": options})
        number = made.get("id") if isinstance(made, dict) else None
        if not isinstance(number, int):
            raise AlarmsUnusable("a recipient was made, and its number was not told")
        return number

    def add_alarm(self, alarm: Alarm) -> None:
        """Make an alarm; raises AlarmsUnusable."""
        self._call("POST", _ALARMS, _body(alarm))

    def change_alarm(self, alarm: Alarm) -> None:
        """Set the alarm of that number to be like this; raises AlarmsUnusable."""
        self._call("PUT", f"{_ALARMS}/{alarm.id}", {"id": alarm.id, **_body(alarm)})

    def close(self) -> None:
        """Give the connection back."""
        self.session.close()

    def _list(self, path: str) -> list[Any]:
        body = self._call("GET", path)
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise AlarmsUnusable(f"{path} is not a list of objects")
        return body

    def _call(self, method: str, path: str, body: Json | None = None) -> Any:
        try:
            reply = self.session.request(
                method, self.base_url + path, json=body, timeout=self.time_limits, allow_redirects=False
            )
        except requests.RequestException as error:
            raise AlarmsUnusable(f"no answer from CloudAMQP's API ({type(error).__name__})") from None
        if reply.status_code >= _REDIRECTS:
            raise AlarmsUnusable(f"CloudAMQP's API answered HTTP {reply.status_code} to {method} {path}")
        if method == "PUT" or not reply.content:
            return None
        try:
            return reply.json()
        except (ValueError, RecursionError):
            raise AlarmsUnusable("CloudAMQP's API did not answer JSON") from None


def _alarm(item: Json) -> Alarm:
    if not isinstance(item["enabled"], bool):
        raise TypeError("enabled")
    told = item.get("recipients") or []
    return Alarm(
        id=_number(item["id"]),
        kind=_text(item["type"]),
        enabled=item["enabled"],
        settings={name: item[name] for name in SETTINGS if item.get(name) not in (None, "")},
        recipients=tuple(map(_number, told)),
    )


def _recipient(item: Json) -> Recipient:
    kind, value, options = _text(item["type"]), _text(item["value"]), item.get("options")
    return Recipient(
        id=_number(item["id"]),
        kind=kind,
        name=str(item.get("name") or ""),
        address=value if kind == EMAIL else "",
        key=None if kind == EMAIL else Secret(value),
        options=Secret(json.dumps(options)) if options else None,
    )


def _body(alarm: Alarm) -> Json:
    return {
        "type": alarm.kind,
        "enabled": alarm.enabled,
        **alarm.settings,
        "recipients": list(alarm.recipients),
    }


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("text")
    return value
