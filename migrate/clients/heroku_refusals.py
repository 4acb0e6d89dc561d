"""What Heroku's replies mean when they are no success: which pass by themselves, and what a no is called.

| reply | a read | a write |
|---|---|---|
| connection, time limit, redirect, 5xx, not JSON | passes: repeated | may have had its effect: the app is asked |
| 429 | passes: repeated when the limit is over | had no effect: sent again when the limit is over |
| any other 4xx | a no: named by its situation | the same |

Codes: https://devcenter.heroku.com/articles/platform-api-reference#error-responses
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.errors import (
    AccessError,
    AccountStopped,
    AppUnknown,
    HerokuRefused,
    SecondFactorMissing,
    TokenRefused,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

RATE_LIMITED: Final = 429
_REDIRECTS: Final = range(300, 400)
_SUCCESSES: Final = range(200, 300)
_SERVER_TROUBLE: Final = 500
_APP: Final = re.compile(r"/apps/(?P<name>[^/]+)")
_NAMES: Final = {401: "unauthorized", 402: "delinquent", 403: "forbidden", 404: "not_found"}
"""What a refusal means where its body does not say so itself."""

_BILLING: Final = "settle it at https://dashboard.heroku.com/account/billing"
# What a missing card is answered with differs between Heroku's page and its clients.
_CARD: Final = (AccountStopped, "Heroku wants a verified payment method for this account.", _BILLING)
_NO_ACCESS: Final[Mapping[str, tuple[type[AccessError], str, str]]] = {
    "forbidden": (AccessError, "Heroku does not let this token do that.", "heroku auth:whoami"),
    "two_factor": (
        SecondFactorMissing,
        "Heroku wants a second factor for this app.",
        "heroku config --app APP    (type the code there: it opens the app for a while)",
    ),
    "suspended": (AccountStopped, "The Heroku account is suspended.", "write to https://help.heroku.com"),
    "delinquent": (AccountStopped, "The Heroku account owes a payment.", _BILLING),
    "verification_required": _CARD,
    "verification_needed": _CARD,
}


class NotJson(Exception):
    """The body of a reply that should hold a document does not."""


class Reply(Struct, frozen=True):
    """What came back for one call, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def passes(self) -> bool:
        """Whether this is trouble on the way or at Heroku, and no answer to the call."""
        return self.status in _REDIRECTS or self.status >= _SERVER_TROUBLE

    @property
    def error(self) -> str:
        """The name of what went wrong, in Heroku's words where the body has them; empty for a success."""
        return "" if self.status in _SUCCESSES else _words(self)[0]

    def document(self) -> Any:
        """Return what the body holds, None where it is empty; raises NotJson."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            raise NotJson(f"HTTP {self.status} whose body is not JSON") from None


def refuse(reply: Reply, doing: str) -> None:
    """Given the reply to what was being done, raise the error that names its no, if it is one."""
    if reply.status in _SUCCESSES:
        return
    name, message = _words(reply)
    why = f"{doing} answered {reply.status} {name}: {message}"
    if name == "unauthorized":
        raise TokenRefused("Heroku does not accept the token.", why=why, next="heroku login")
    if name == "not_found":
        path = doing.rpartition(" ")[2]
        app = _APP.fullmatch(path)
        what = f"app {app['name']}, or does not show it to this account" if app else path
        raise AppUnknown(f"Heroku knows no {what}.", why=why, next="heroku apps    (and check --app)")
    if name in _NO_ACCESS:
        kind, what, command = _NO_ACCESS[name]
        raise kind(what, why=why, next=command)
    refused = HerokuRefused(f"Heroku refused {doing}.", why=why)
    refused.id = name
    raise refused


def _words(reply: Reply) -> tuple[str, str]:
    by_status = _NAMES.get(reply.status, f"http_{reply.status}")
    try:
        body = reply.document()
    except NotJson:
        return by_status, "its body is not JSON"
    if not isinstance(body, dict):
        return by_status, "its body is not an object"
    return str(body.get("id") or by_status), str(body.get("message") or "")
