"""Copies of a broker's address that were pasted into variables, and the same for another broker: pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from migrate.brokers.parts import FOREIGN, MASKED, PORTS, TEXT, WEB, Doubt, encoded, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.address import BrokerAddress
    from migrate.brokers.parts import Part, Parts


class Copy(Struct, frozen=True):
    """A variable that holds a part of the broker's address. No secret is in it."""

    variable: str
    holds: str
    """What it holds, masked: ``amqps://wolf:***@stingray.rmq.cloudamqp.com/wolf``."""
    doubt: str = ""
    """Why it cannot be rewritten for another broker; empty where it can."""
    app: str = ""
    """Another app that has it; empty for the app that is migrated."""


def copies(variables: Mapping[str, str], old: BrokerAddress) -> tuple[Copy, ...]:
    """Given variables and the broker's address, return those that hold a part of it, by name."""
    known = {name: read(name, value, old) for name, value in sorted(variables.items())}
    shared = [name for name, parts in known.items() if _has(parts, FOREIGN)]
    found = {name: _copy(name, parts) for name, parts in known.items() if not _is_foreign(parts)}
    if shared:
        why = f"{shared[0]} leads to another instance on that host"
        bare = [name for name in found if _has(known[name], "host") and not _has(known[name], "password")]
        found |= {name: replace(found[name], doubt=why) for name in bare}
    return tuple(found.values())


def rewritten(name: str, value: str, old: BrokerAddress, new: BrokerAddress) -> str:
    """Given a variable, return its value for the new broker; the value itself where nothing is certain in it."""
    parts = read(name, value, old)
    if isinstance(parts, Doubt):
        return value
    text = "".join(_renewed(part, old, new) for part in parts)
    return quote(text, safe="") if encoded(value) else text


def _copy(name: str, parts: Parts | Doubt) -> Copy:
    if isinstance(parts, Doubt):
        return Copy(name, parts.holds, parts.why)
    return Copy(name, "".join(map(_shown, parts)))


def _has(parts: Parts | Doubt, kind: str) -> bool:
    return not isinstance(parts, Doubt) and any(part.kind == kind for part in parts)


def _is_foreign(parts: Parts | Doubt) -> bool:
    return not isinstance(parts, Doubt) and all(part.kind in {TEXT, FOREIGN} for part in parts)


def _renewed(part: Part, old: BrokerAddress, new: BrokerAddress) -> str:
    vhost = quote(new.vhost, safe="")
    if part.kind == "path":
        return part.text if old.vhost == new.vhost else f"/{vhost}"
    if part.kind == "url-port":
        return _port(part, old, new)
    return {
        "scheme": new.scheme if part.text.lower() == old.scheme else part.text,
        "user": quote(new.user, safe=""),
        "password": quote(new.password.reveal(), safe=""),
        "host": new.host,
        "vhost": vhost,
        "raw-user": new.user,
        "raw-password": new.password.reveal(),
        "raw-vhost": new.vhost,
        "port": str(new.port),
    }.get(part.kind, part.text)


def _port(part: Part, old: BrokerAddress, new: BrokerAddress) -> str:
    given = f":{part.text}" if part.text else ""
    if part.scheme in PORTS:
        scheme = new.scheme if part.scheme == old.scheme else part.scheme
        follows = scheme == new.scheme
    else:
        # One as pyamqp says nothing of TLS, and stays.
        follows = part.scheme not in WEB and old.scheme == new.scheme and bool(given)
    if not follows:
        return given
    return f":{new.port}" if given or new.port != PORTS[new.scheme] else ""


def _shown(part: Part) -> str:
    if part.kind in {"password", "raw-password"}:
        return MASKED
    if part.kind in {TEXT, FOREIGN}:
        return "..." if part.text else ""
    return f":{part.text}" if part.kind == "url-port" and part.text else part.text
