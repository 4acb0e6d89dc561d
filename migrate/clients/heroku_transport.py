"""How a call travels to Heroku: authentication, time limits, the account's budget, errors by kind.

Each call is sent once. A read can be repeated by whoever insists (insistence.py). Whether a write whose reply
was lost had its effect is a question for whoever sent it, since Heroku knows no idempotency key
(https://devcenter.heroku.com/articles/platform-api-reference).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import requests
import urllib3
from msgspec import Struct
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from migrate import __version__
from migrate.clients.heroku_refusals import RATE_LIMITED, NotJson, Reply, refuse
from migrate.clients.rate_limit import RateLimit
from migrate.errors import HerokuUnreachable, OutcomeUnknown, TokenRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.clock import Clock
    from migrate.secrets import Secret

ACCEPT: Final = "application/vnd.heroku+json; version=3"
DEFAULT_API: Final = "https://api.heroku.com"
_TIME_LIMITS: Final = (5.0, 30.0)
"""For the connection, and for each piece of the reply."""
_LONGEST_REPLY: Final = 60.0
"""For all pieces of a reply together: one that drips would never end."""
_PARTIAL: Final = 206
_HEADER_VALUE: Final = re.compile(r"[!-~]+")


class _BearerToken(AuthBase):
    # A plain Authorization header is silently replaced when netrc knows the host; an auth object is not.
    # https://github.com/psf/requests/issues/3929
    def __init__(self, token: Secret) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token.reveal()}"
        return request


class ApiCall(Struct, frozen=True):
    """One call as it may be shown and logged: no body, no header but the request's id."""

    method: str
    path: str
    status: int | None
    error: str
    request_id: str
    seconds: float
    """Until the whole reply was there."""
    remaining: int | None
    """Calls left in this account's budget, as far as replies have told."""


@dataclass
class HerokuTransport:
    """Sends calls to the Platform API v3 and turns replies into JSON or errors of errors.py."""

    token: Secret
    clock: Clock
    base_url: str = DEFAULT_API
    on_call: Callable[[ApiCall], None] = lambda _call: None
    session: requests.Session = field(default_factory=requests.Session)
    budget: RateLimit | None = None
    """What several transports of one account share; None: one of its own."""
    comes_first: Callable[[], bool] = lambda: False
    """Whether its reads are not spaced out now, for the app that it works on is eager."""
    rate_limit: RateLimit = field(init=False)

    def __post_init__(self) -> None:
        if not _HEADER_VALUE.fullmatch(self.token.reveal()):
            # The HTTP library would refuse it too, with the token in its words.
            raise TokenRefused("The Heroku token is malformed.", why="It contains blanks or control characters.")
        self.session.auth = _BearerToken(self.token)
        self.session.headers.update({"Accept": ACCEPT, "User-Agent": f"migrate-plan/{__version__}"})
        self.rate_limit = self.budget or RateLimit(self.clock)

    def read(self, path: str, headers: Mapping[str, str] | None = None, *, whole: bool = True) -> Any:
        """Given a path, return what GET answers; a ``whole`` list is followed to its end (206, Next-Range).

        Raises TokenRefused, AppUnknown (404), AccessError, and HerokuUnreachable for what passes by itself.
        """
        reply, body = self._get(path, headers)
        if not whole:
            return body
        while reply.status == _PARTIAL and isinstance(body, list) and reply.headers.get("Next-Range"):
            reply, further = self._get(path, {**(headers or {}), "Range": reply.headers["Next-Range"]})
            body.extend(further)
        return body

    def write(self, method: str, path: str, body: object = None) -> Any:
        """Given a call that changes something, send it once and return what Heroku answers.

        Raises HerokuRefused when Heroku said no, HerokuUnreachable when the call never left or came over the
        rate limit, OutcomeUnknown when it may have had its effect.
        """
        doing = f"{method} {path}"
        try:
            reply = self._send(method, path, body, None)
        except requests.RequestException as error:
            if _never_left(error):
                raise _unreachable(doing, error) from None
            raise _unknown(doing, type(error).__name__) from None
        if reply.passes:
            raise _unknown(doing, f"HTTP {reply.status}")
        refuse(reply, doing)
        try:
            return reply.document()
        except NotJson as garbled:
            raise _unknown(doing, str(garbled)) from None

    def _get(self, path: str, headers: Mapping[str, str] | None) -> tuple[Reply, Any]:
        doing = f"GET {path}"
        try:
            reply = self._send("GET", path, None, headers)
        except requests.RequestException as error:
            raise _no_answer(doing, type(error).__name__) from None
        if reply.passes:
            raise _no_answer(doing, f"HTTP {reply.status}")
        refuse(reply, doing)
        try:
            return reply, reply.document()
        except NotJson as garbled:
            raise _no_answer(doing, str(garbled)) from None

    def _send(self, method: str, path: str, body: object, headers: Mapping[str, str] | None) -> Reply:
        self.rate_limit.check(method, first=self.comes_first())
        began = self.clock.monotonic()
        try:
            reply = self._exchange(method, path, body, headers)
        except requests.RequestException as error:
            took = self.clock.monotonic() - began
            self.on_call(ApiCall(method, path, None, type(error).__name__, "", took, self.rate_limit.remaining))
            raise
        took = self.clock.monotonic() - began
        self.rate_limit.hear(reply)
        told = (reply.status, reply.error, reply.headers.get("Request-Id", ""))
        self.on_call(ApiCall(method, path, *told, took, self.rate_limit.remaining))
        if reply.status == RATE_LIMITED:
            self.rate_limit.check(method)
        return reply

    def _exchange(self, method: str, path: str, body: object, headers: Mapping[str, str] | None) -> Reply:
        with self.session.request(
            method,
            self.base_url + path,
            json=body,
            headers=dict(headers or {}),
            timeout=_TIME_LIMITS,
            allow_redirects=False,
            stream=True,
        ) as reply:
            return Reply(reply.status_code, reply.headers, self._body_of(reply))

    def _body_of(self, reply: requests.Response) -> bytes:
        pieces, end = list[bytes](), self.clock.monotonic() + _LONGEST_REPLY
        try:
            while piece := reply.raw.read1(decode_content=True):
                pieces.append(piece)
                if self.clock.monotonic() > end:
                    raise requests.ReadTimeout
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(type(error).__name__) from None
        return b"".join(pieces)


def _never_left(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _no_answer(doing: str, reason: str) -> HerokuUnreachable:
    return HerokuUnreachable(
        f"Heroku gave no usable answer to {doing}.",
        why=f"The last attempt: {reason}.",
        next="see https://status.heroku.com and run the same command again",
    )


def _unreachable(doing: str, error: Exception) -> HerokuUnreachable:
    return HerokuUnreachable(
        f"{doing} could not be sent: no connection to Heroku.",
        why=type(error).__name__,
        next="check the network, then run the same command again",
    )


def _unknown(doing: str, reason: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"It is not known whether {doing} had its effect.",
        why=f"The call was sent, and then: {reason}.",
        next="heroku releases    (with --app: what is the newest?)",
    )
