"""A value taken apart into what it holds of a broker's address, or why that cannot be told: pure functions.

What is certain is a whole URL, or a value that is nothing but a host, a password, both credentials, or, where the
variable's name says so, a user or a vhost. A longer text, half a credential, another user or vhost of the same broker
are not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from msgspec import Struct

if TYPE_CHECKING:
    from migrate.brokers.address import BrokerAddress

TEXT, FOREIGN, KEPT = "text", "foreign", "kept"
"""Kinds of parts that are not the broker's: what stands around, a URL of another instance, a URL's own signs."""
PORTS: Final = {"amqp": 5672, "amqps": 5671}
WEB: Final = frozenset({"http", "https"})
MASKED: Final = "***"

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>;,|]+", re.IGNORECASE)
_PARTS: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?:(?P<user>[^:@/?#]*)(?::(?P<password>[^:@/?#]*))?@)?"
    r"(?P<host>[^:@/?#\[\]]+)(?::(?P<port>\d+))?(?P<path>/[^?#]*)?(?P<rest>[?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_DISTINCT: Final = 8
"""CloudAMQP's users and vhosts have so many letters; a shorter word may mean something else."""


class Part(Struct, frozen=True):
    """A stretch of a value."""

    kind: str
    text: str
    scheme: str = ""
    """Of the URL that a port stands in."""


class Doubt(Struct, frozen=True):
    """What a value holds of the address, masked, and why it is not taken apart."""

    holds: str
    why: str


Parts = tuple[Part, ...]


def encoded(value: str) -> bool:
    """Whether a value is a URL that is percent-encoded as a whole, in the one way in which it can be made again."""
    return "://" not in value and "%3a%2f%2f" in value.lower() and quote(unquote(value), safe="") == value


def read(name: str, value: str, old: BrokerAddress) -> Parts | Doubt:
    """Given a variable, its value and the broker's address, return the parts of the value, or a doubt."""
    if encoded(value):
        value = unquote(value)
    if alone := _alone(name, value, old):
        return alone
    parts: list[Part] = []
    at = 0
    for found in _URL.finditer(value):
        parts.append(Part(TEXT, value[at : found.start()]))
        url = _url(found[0], old, is_all=found[0] == value)
        if isinstance(url, Doubt):
            return url
        parts += url
        at = found.end()
    parts.append(Part(TEXT, value[at:]))
    if doubt := _rest("\n".join(part.text for part in parts if part.kind == TEXT), old):
        return doubt
    return tuple(part for part in parts if part.text or part.kind != TEXT)


def _alone(name: str, value: str, old: BrokerAddress) -> Parts | None:
    """Return what a value is that is one part of the address and nothing else."""
    if len(value) < _DISTINCT:
        return None
    host, _, port = value.partition(":")
    if host.lower() == old.host.lower() and _is_name(host) and port in {"", str(old.port)}:
        return (Part("host", host), *((Part(KEPT, ":"), Part("port", port)) if port else ()))
    password = old.password.reveal()
    both = (Part("raw-user", old.user), Part(KEPT, ":"), Part("raw-password", password))
    # User and vhost are one word on CloudAMQP: only the variable's name tells which.
    meant = name.upper().replace("_", "")
    forms: tuple[tuple[str, Parts, bool], ...] = (
        (password, both[2:], True),
        (f"{old.user}:{password}", both, True),
        (quote(password, safe=""), (Part("password", password),), True),
        (old.vhost, (Part("raw-vhost", value),), "VHOST" in meant or "VIRTUALHOST" in meant),
        (old.user, both[:1], "USER" in meant),
    )
    return next((parts for form, parts, is_meant in forms if is_meant and value == form), None)


def _url(text: str, old: BrokerAddress, *, is_all: bool) -> Parts | Doubt:
    found = _PARTS.fullmatch(text)
    if found is None or found["host"].lower() != old.host.lower():
        return (Part(TEXT, text),)
    web, path = found["scheme"].lower() in WEB, found["path"] or ""
    here = _web_path(path, old) if web else _vhost_path(path, old)
    if found["user"] is None:
        return _without_credentials(found, here, is_all=is_all)
    user = unquote(found["user"])
    if user != old.user and (web or here is None):
        return (Part(FOREIGN, text),)
    if doubt := _doubt(found, old):
        return doubt
    if here is None:
        return Doubt(f"{_masked(found)}/...", "it leads to another vhost")
    password = unquote(found["password"])
    credentials = (Part("user", user), Part(KEPT, ":"), Part("password", password), Part(KEPT, "@"))
    return (*_head(found), *credentials, *_where(found), *here, *_tail(found))


def _without_credentials(found: re.Match[str], here: Parts | None, *, is_all: bool) -> Parts | Doubt:
    scheme = found["scheme"].lower()
    plain = is_all and (found["path"] or "") in {"", "/", "/api", "/api/"}
    if here is None or (scheme in WEB and not plain):
        return Doubt(f"its host in {scheme}://...", "without credentials it may lead to another instance")
    return (*_head(found), *_where(found), *here, *_tail(found))


def _doubt(found: re.Match[str], old: BrokerAddress) -> Doubt | None:
    scheme = found["scheme"].lower()
    if unquote(found["user"]) != old.user:
        return Doubt(f"{scheme}://...@{old.label}", "it is another user of the same vhost")
    if unquote(found["password"] or "") != old.password.reveal():
        return Doubt(_masked(found), "its password is not the broker's")
    if scheme not in WEB and not _is_its_port(scheme, found["port"], old):
        return Doubt(_masked(found), "it leads to another port")
    return None


def _masked(found: re.Match[str]) -> str:
    port = f":{found['port']}" if found["port"] else ""
    return f"{found['scheme']}://{unquote(found['user'])}:{MASKED}@{found['host']}{port}"


def _head(found: re.Match[str]) -> Parts:
    kind = "scheme" if found["scheme"].lower() in PORTS else KEPT
    return (Part(kind, found["scheme"]), Part(KEPT, "://"))


def _where(found: re.Match[str]) -> Parts:
    return (Part("host", found["host"]), Part("url-port", found["port"] or "", found["scheme"].lower()))


def _tail(found: re.Match[str]) -> Parts:
    return (Part(TEXT, found["rest"]),) if found["rest"] else ()


def _is_its_port(scheme: str, given: str | None, old: BrokerAddress) -> bool:
    its = old.port if scheme == old.scheme or scheme not in PORTS else PORTS[scheme]
    return int(given or PORTS.get(scheme, its)) == its


def _vhost_path(path: str, old: BrokerAddress) -> Parts | None:
    vhost = unquote(path[1:]) or "/"
    return (Part("path", path),) if vhost == old.vhost else None


def _web_path(path: str, old: BrokerAddress) -> Parts:
    parts: list[Part] = []
    for number, segment in enumerate(path.split("/")):
        if number:
            parts.append(Part(KEPT, "/"))
        is_vhost = number > 1 and segment and unquote(segment) == old.vhost
        parts.append(Part("vhost" if is_vhost else KEPT if segment == "api" else TEXT, segment))
    return tuple(parts)


def _rest(text: str, old: BrokerAddress) -> Doubt | None:
    """Return what a text, less all URLs that are understood, still has of the address."""
    password = old.password.reveal()
    spelled = {password, quote(password, safe=""), quote(password)} if len(password) > 1 else set()
    if any(word in text for word in spelled):
        return Doubt("its password in a longer text", "what stands around it is not understood")
    if f"{old.user}:" in text or (len(old.user) >= _DISTINCT and _has_word(text, old.user)):
        return Doubt("its user", "that is half a credential")
    if _is_name(old.host) and _has_word(text.lower(), old.host.lower()):
        return Doubt("its host in a longer text", "what stands around it is not understood")
    return None


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\w)", text) is not None


def _is_name(host: str) -> bool:
    """Whether a host is a name of its own, not ``localhost`` or a number, which say nothing."""
    return "." in host and not host.replace(".", "").isdecimal()
