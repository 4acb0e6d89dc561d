"""Who asks, and what may they: tokens, their scope, accounts that are stopped, second factors.

Scopes: https://devcenter.heroku.com/articles/oauth#scopes. Refusals as in
https://devcenter.heroku.com/articles/platform-api-reference#error-responses
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from migrate.sandbox.refusals import Refused
from migrate.sandbox.sandbox import SANDBOX
from migrate.sandbox.world import Authorization

if TYPE_CHECKING:
    from migrate.sandbox.world import App

CALLER = web.RequestKey("caller", Authorization)
SECOND_FACTOR: Final = "123456"
"""The one code that every second factor shows."""

_READ_ONLY_POST = re.compile(r"^/actions/[\w-]+/resolve$|^/[^/]+\.git/git-upload-pack$")
_PROTECTED = re.compile(r"/config-vars$|^/addons/[^/]+/config$")
_OF_THE_ACCOUNT = re.compile(r"^/account(/|$)")
_OF_TOKENS = re.compile(r"^/oauth/")
_ALLOWED: Final = {
    "identity": {"identity"},
    "read": {"identity", "read"},
    "write": {"identity", "read", "write"},
    "read-protected": {"identity", "read", "read-protected"},
    "write-protected": {"identity", "read", "write", "read-protected", "write-protected"},
    "global": {"identity", "read", "write", "read-protected", "write-protected", "global"},
}
SCOPES: Final = frozenset(_ALLOWED)


def caller_of(request: web.Request) -> Authorization:
    """Return the authorization that the request came with."""
    return request[CALLER]


def authenticate(request: web.Request) -> Authorization | None:
    """Return the authorization whose token the request carries, as Bearer or as a Basic password."""
    token = _token(request.headers.get(hdrs.AUTHORIZATION, ""))
    return request.app[SANDBOX].world.authorizations.get(token) if token else None


def check_account(request: web.Request, authorization: Authorization) -> None:
    """Refuse what the scope does not cover, and everything but the account itself when that is stopped."""
    if not any(_needed(request) in _ALLOWED[scope] for scope in authorization.scope):
        raise Refused(403, "forbidden", "The scope of this token does not allow that.")
    if _OF_THE_ACCOUNT.match(request.path):
        return
    account = authorization.account
    if account.suspended:
        raise Refused(403, "suspended", "Your account is suspended.")
    if account.delinquent:
        raise Refused(402, "delinquent", "Your account is delinquent: a payment is due.")


def check_app(request: web.Request, app: App) -> None:
    """Refuse an app that the account has nothing to do with, or whose second factor is missing."""
    account = caller_of(request).account
    if not app.is_shown_to(account):
        raise Refused(403, "forbidden", f"You do not have access to the app {app.name}.")
    given = request.headers.get("Heroku-Two-Factor-Code")
    if account.second_factor and given != SECOND_FACTOR and app.id not in account.authorized_apps:
        raise _second_factor(app)


def _second_factor(app: App) -> Refused:
    refused = Refused(403, "two_factor", "A second authentication factor or pre-authorization is required.")
    refused.body["app"] = {"id": app.id, "name": app.name}
    return refused


def _needed(request: web.Request) -> str:
    if _OF_THE_ACCOUNT.match(request.path):
        return "identity"
    if _OF_TOKENS.match(request.path):
        return "global"
    reads = request.method in {"GET", "HEAD"} or _READ_ONLY_POST.search(request.path)
    begins_push = request.query.get("service") == "git-receive-pack"
    kind = "read" if reads and not begins_push else "write"
    return f"{kind}-protected" if _PROTECTED.search(request.path) else kind


def _token(header: str) -> str | None:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except ValueError:
        return None
