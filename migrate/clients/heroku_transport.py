"""How a call travels to Heroku: authentication, time limits, repeated reads, errors by kind.

A read is repeated on trouble that passes. A write is sent once: whether a lost reply had its effect
is a question for whoever sent it, since Heroku knows no idempotency key
(https://devcenter.heroku.com/articles/platform-api-reference).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter
from urllib3.exceptions import NewConnectionError

from migrate import __version__
from migrate.errors import (
    AccessError,
    AccountStopped,
    AppUnknown,
    HerokuRefused,
    HerokuUnreachable,
    OutcomeUnknown,
    SecondFactorMissing,
    TokenRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from migrate.clock import Clock
    from migrate.secrets import Secret

ACCEPT: Final = "application/vnd.heroku+json; version=3"
DEFAULT_API: Final = "https://api.heroku.com"
_TIME_LIMITS: Final = (5.0, 30.0)
_READ_ATTEMPTS: Final = 5
_RATE_LIMITED: Final = 429
_SERVER_TROUBLE: Final = 500
_PARTIAL: Final = 206
_APP: Final = re.compile(r"/apps/(?P<name>[^/]+)")
_HEADER_VALUE: Final = re.compile(r"[!-~]+")
_REDIRECTS: Final = range(300, 400)
_NAMES: Final = {401: "unauthorized", 402: "delinquent", 403: "forbidden", 404: "not_found"}
"""What a refusal means where its body does not say so itself."""


_BILLING: Final = "settle it at https://dashboard.heroku.com/account/billing"
_CARD: Final = (AccountStopped, "Heroku wants a verified payment method for this account.", _BILLING)
# Codes: https://devcenter.heroku.com/articles/platform-api-reference#error-responses. What a missing card is
# answered with differs between that page and Heroku's clients.
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


class _BearerToken(AuthBase):
    # A plain Authorization header is silently replaced when netrc knows the host; an auth object is not.
    # https://github.com/psf/requests/issues/3929
    def __init__(self, token: Secret) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token.reveal()}"
        return request


@dataclass(frozen=True)
class ApiCall:
    """One call as it may be shown and logged: no body, no header but the request's id."""

    method: str
    path: str
    status: int | None
    error: str
    request_id: str
    remaining: int | None
    """Calls left in this account's budget, where the reply told."""


class _Passing(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class HerokuTransport:
    """Sends calls to the Platform API v3 and turns replies into JSON or errors of errors.py."""

    token: Secret
    clock: Clock
    base_url: str = DEFAULT_API
    on_call: Callable[[ApiCall], None] = lambda _call: None
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        if not _HEADER_VALUE.fullmatch(self.token.reveal()):
            # The HTTP library would refuse it too, with the token in its words.
            raise TokenRefused("The Heroku token cannot be one.", why="It holds blanks or control characters.")
        self.session.auth = _BearerToken(self.token)
        self.session.headers.update({"Accept": ACCEPT, "User-Agent": f"migrate-plan/{__version__}"})

    def read(self, path: str, headers: Mapping[str, str] | None = None, *, whole: bool = True) -> Any:
        """Given a path, return what GET answers; a ``whole`` list is followed to its end (206, Next-Range).

        Raises TokenRefused, AppUnknown (404), AccessError, or HerokuUnreachable after several attempts.
        """
        reply = self._get(path, headers)
        body = _json(reply)
        if not whole:
            return body
        while reply.status_code == _PARTIAL and isinstance(body, list) and reply.headers.get("Next-Range"):
            reply = self._get(path, {**(headers or {}), "Range": reply.headers["Next-Range"]})
            body.extend(_json(reply))
        return body

    def write(self, method: str, path: str, body: object = None) -> Any:
        """Given a call that changes something, send it once and return what Heroku answers.

        Raises HerokuRefused when Heroku said no, HerokuUnreachable when the call never left,
        OutcomeUnknown when it may have had its effect.
        """
        doing = f"{method} {path}"
        try:
            reply = self._send(method, path, body, None)
        except requests.ConnectionError as error:
            if _never_left(error):
                raise _unreachable(doing, error) from None
            raise _unknown(doing, type(error).__name__) from None
        except requests.RequestException as error:
            raise _unknown(doing, type(error).__name__) from None
        if reply.status_code >= _SERVER_TROUBLE or reply.status_code in _REDIRECTS:
            raise _unknown(doing, f"HTTP {reply.status_code}")
        _raise_for(reply, doing)
        try:
            return _json(reply)
        except _Passing as garbled:
            raise _unknown(doing, garbled.reason) from None

    def _get(self, path: str, headers: Mapping[str, str] | None) -> requests.Response:
        doing = f"GET {path}"
        try:
            for attempt in self._read_attempts():
                with attempt:
                    return self._get_once(path, headers, doing)
        except _Passing as last:
            raise HerokuUnreachable(
                f"Heroku gave no usable answer to {doing}.",
                why=f"{_READ_ATTEMPTS} attempts; the last one: {last.reason}.",
                next="see https://status.heroku.com and run the same command again",
            ) from None
        raise AssertionError("tenacity ended without a result or an error")

    def _read_attempts(self) -> Iterator[Any]:
        return iter(
            Retrying(
                retry=retry_if_exception_type(_Passing),
                stop=stop_after_attempt(_READ_ATTEMPTS),
                wait=_patience,
                sleep=self.clock.sleep,
                reraise=True,
            )
        )

    def _get_once(self, path: str, headers: Mapping[str, str] | None, doing: str) -> requests.Response:
        try:
            reply = self._send("GET", path, None, headers)
        except requests.RequestException as error:
            raise _Passing(type(error).__name__) from None
        if reply.status_code in {_RATE_LIMITED, *_REDIRECTS} or reply.status_code >= _SERVER_TROUBLE:
            raise _Passing(f"HTTP {reply.status_code}")
        _raise_for(reply, doing)
        _json(reply)
        return reply

    def _send(self, method: str, path: str, body: object, headers: Mapping[str, str] | None) -> requests.Response:
        try:
            reply = self.session.request(
                method,
                self.base_url + path,
                json=body,
                headers=dict(headers or {}),
                timeout=_TIME_LIMITS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            self.on_call(ApiCall(method, path, None, type(error).__name__, "", None))
            raise
        self.on_call(_described(method, path, reply))
        return reply


def _patience(state: RetryCallState) -> float:
    # 1, 2, 4, 8 seconds with jitter: some 20 s in all, longer than Heroku's usual hiccups.
    return wait_exponential_jitter(initial=1, max=15)(state)


def _json(reply: requests.Response) -> Any:
    if not reply.content:
        return None
    try:
        return reply.json()
    except json.JSONDecodeError:
        raise _Passing(f"HTTP {reply.status_code} whose body is not JSON") from None


def _described(method: str, path: str, reply: requests.Response) -> ApiCall:
    remaining = reply.headers.get("RateLimit-Remaining", "")
    return ApiCall(
        method=method,
        path=path,
        status=reply.status_code,
        error=_error_of(reply)[0] if not reply.ok else "",
        request_id=reply.headers.get("Request-Id", ""),
        remaining=int(remaining) if remaining.isdigit() else None,
    )


def _error_of(reply: requests.Response) -> tuple[str, str]:
    by_status = _NAMES.get(reply.status_code, f"http_{reply.status_code}")
    try:
        body = reply.json()
    except json.JSONDecodeError:
        return by_status, "its body is not JSON"
    if not isinstance(body, dict):
        return by_status, "its body is not an object"
    return str(body.get("id") or by_status), str(body.get("message") or "")


def _raise_for(reply: requests.Response, doing: str) -> None:
    if reply.ok:
        return
    name, message = _error_of(reply)
    why = f"{doing} answered {reply.status_code} {name}: {message}"
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
    raise HerokuRefused(f"Heroku refused {doing}.", why=why, next="read the reason above")


def _never_left(error: requests.ConnectionError) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(reason, NewConnectionError)


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
