"""Who may see the live page: whoever knows its address, on this machine. Pure decisions over a request."""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Final

from msgspec import Struct

TOKEN_BYTES: Final = 32
_EVENTS: Final = "events"
_MIGRATION: Final = re.compile(r"mig-\w{1,28}", re.ASCII)


class Asked(Struct, frozen=True):
    """A request that may be answered."""

    key: str
    """The migration that it is about; empty for what the page begins with."""
    stream: bool
    """Whether it asks for what changes, and not for the page."""


class Guard(Struct, frozen=True):
    """Knows the address of the page."""

    token: str
    port: int

    def admitted(self, host: str | None, path: str) -> Asked | None:
        """Given the Host header and the path of a request, return what it asks for; None where it is not to be told.

        Another Host means that a name of somebody else leads here, as in DNS rebinding:
        https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_Rebinding
        """
        known_host = host in {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        _, _, rest = path.partition("/")
        token, slash, rest = rest.partition("/")
        # Compared in any case, and in a time that does not tell how much of it is right.
        known_token = hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())
        return _asked(rest) if known_host and known_token and slash else None

    @property
    def url(self) -> str:
        """The address, for whoever may see the page."""
        return f"http://127.0.0.1:{self.port}/{self.token}/"


def new_token() -> str:
    """Return a token that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _asked(rest: str) -> Asked | None:
    if rest in {"", _EVENTS}:
        return Asked("", stream=rest == _EVENTS)
    key, slash, below = rest.partition("/")
    is_one = slash and _MIGRATION.fullmatch(key) and below in {"", _EVENTS}
    return Asked(key, stream=below == _EVENTS) if is_one else None


def headers(nonce: str) -> dict[str, str]:
    """Given a number used once, return what every answer says of itself: nothing is kept, sent on or embedded."""
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
