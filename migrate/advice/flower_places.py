"""Where an app tells Flower, or another monitor, which broker to read, and whether it is the app's: pure functions.

By the command lines of its processes, by Flower's variable, by any variable that holds the address of a management
API, and by every copy of the address of the broker that a migration has left. What a script or a file in the slug
says is not seen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from migrate.advice.flower_line import VARIABLE
from migrate.brokers.parts import MASKED
from migrate.brokers.pasted_copies import copies
from migrate.command_lines import OUTPUT, calls, celery_call, expanded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from urllib.parse import SplitResult

    from migrate.brokers.address import BrokerAddress
    from migrate.platform import ProcessType

_OPTIONS: Final = {"--broker_api", "--broker-api"}
_BROKER: Final = ("-b", "--broker")
_PROVIDER: Final = ".cloudamqp.com"


class Leads(StrEnum):
    """Where an address leads."""

    HERE = "here"
    """To the broker that the app has."""
    ELSEWHERE = "elsewhere"
    """To another one, or to none any more."""
    REFUSED = "refused"
    """Here, but Flower will not be let in."""
    UNKNOWN = "unknown"


class Place(Struct, frozen=True):
    """One place with an address. No secret is in it."""

    where: str
    """``config var NAME``, or ``process TYPE`` with the option."""
    holds: str
    """The address, masked."""
    leads: Leads
    why: str
    """Why not here; empty where it does."""


class Present(Struct, frozen=True):
    """The broker that the app has."""

    address: BrokerAddress
    base_url: str
    """Where its management API is."""


def places(
    formation: Iterable[ProcessType],
    variables: Mapping[str, str],
    own: frozenset[str],
    present: Present,
    old: BrokerAddress | None,
) -> tuple[Place, ...]:
    """Given an app's processes and variables, those that Heroku keeps right by itself, the broker it has and the one
    that a migration has left, None where that is not known, return every place, without saying one twice.
    """
    pasted = {name: value for name, value in variables.items() if name not in own}
    found = [*_in_commands(formation, variables, present), *_in_variables(pasted, present)]
    if old is not None:
        found += _copies_of_old(formation, pasted, old, _words(old) - _words(present.address))
    return tuple({place.where: place for place in reversed(found)}.values())[::-1]


def _in_commands(formation: Iterable[ProcessType], variables: Mapping[str, str], present: Present) -> Iterator[Place]:
    for process in formation:
        for call in calls(process.command, {"celery", "flower"}, variables):
            celery = celery_call(call.words)
            if call.program != "flower" and celery.subcommand != "flower":
                continue
            known = {**variables, **call.assigned}
            for option, given in celery.options:
                if option in _OPTIONS:
                    yield _judged(f"process {process.type}, {option}", expanded(given, known), present)
                elif option in _BROKER:
                    yield _judged_broker(f"process {process.type}, {option}", expanded(given, known), present)
            if VARIABLE in call.assigned:
                value = expanded(call.assigned[VARIABLE], variables)
                yield _judged(f"process {process.type}, {VARIABLE}", value, present)


def _in_variables(pasted: Mapping[str, str], present: Present) -> Iterator[Place]:
    for name, value in sorted(pasted.items()):
        if name == VARIABLE or _is_management_api(value, present):
            yield _judged(f"config var {name}", value, present)


def _copies_of_old(
    formation: Iterable[ProcessType], pasted: Mapping[str, str], old: BrokerAddress, words: Collection[str]
) -> Iterator[Place]:
    texts = {f"config var {name}": value for name, value in pasted.items()}
    texts |= {f"process {process.type}": process.command for process in formation}
    theirs = {where: text for where, text in texts.items() if any(word in unquote(text) for word in words)}
    for copy in copies(theirs, old):
        yield Place(copy.variable, copy.holds, Leads.ELSEWHERE, "it leads to the broker that the last migration left")


def _words(address: BrokerAddress) -> set[str]:
    """Return what tells a broker from another: not its host alone, for many share one."""
    return {address.host, address.user, address.vhost, address.password.reveal()} - {"/"}


def _is_management_api(value: str, present: Present) -> bool:
    url = _split(value)
    if url is None or url.scheme not in {"http", "https"} or not f"{url.path}/".startswith("/api/"):
        return False
    return (url.hostname or "").endswith(_PROVIDER) or _host(url) in _hosts(present)


def _judged(where: str, value: str, present: Present) -> Place:
    url, address = _split(value), present.address
    if url is None or not url.hostname or "$" in value:
        return Place(where, "not shown", Leads.UNKNOWN, _unknown(value))
    if _host(url) not in _hosts(present):
        return Place(where, _masked(url, address), Leads.ELSEWHERE, "it is another host than the broker's")
    if url.username is not None:
        return _judged_credentials(where, url, present)
    return Place(where, _masked(url, address), Leads.HERE, "")


def _judged_credentials(where: str, url: SplitResult, present: Present) -> Place:
    address = present.address
    holds = _masked(url, address)
    if unquote(url.username or "") != address.user:
        return Place(where, holds, Leads.ELSEWHERE, "it is another user than the broker's")
    if unquote(url.password or "") != address.password.reveal():
        return Place(where, holds, Leads.ELSEWHERE, "its password is not the broker's")
    if "%" in f"{url.username}{url.password}":
        return Place(where, holds, Leads.REFUSED, "Flower does not decode user and password there")
    return Place(where, holds, Leads.HERE, "")


def _judged_broker(where: str, value: str, present: Present) -> Place:
    url, address = _split(value), present.address
    if url is None or not url.hostname or "$" in value:
        return Place(where, "not shown", Leads.UNKNOWN, _unknown(value))
    if (url.hostname, unquote(url.username or ""), unquote(url.path[1:]) or "/") != (
        address.host.lower(),
        address.user,
        address.vhost,
    ):
        return Place(where, _masked(url, address), Leads.ELSEWHERE, "it is another broker")
    if unquote(url.password or "") != address.password.reveal():
        return Place(where, _masked(url, address), Leads.ELSEWHERE, "its password is not the broker's")
    return Place(where, _masked(url, address), Leads.HERE, "")


def _unknown(value: str) -> str:
    if OUTPUT in value:
        return "it is the output of a command"
    return "a variable in it is not set" if "$" in value else "it is no address"


def _hosts(present: Present) -> set[tuple[str, int | None]]:
    return {_host(urlsplit(present.base_url)), (present.address.host.lower(), None)}


def _host(url: SplitResult) -> tuple[str, int | None]:
    default = {"https": 443, "http": 80}.get(url.scheme)
    return (url.hostname or "", None if url.port == default else url.port)


def _masked(url: SplitResult, address: BrokerAddress) -> str:
    host = (url.hostname or "") + (f":{url.port}" if url.port else "")
    if url.username is None:
        return f"{url.scheme}://{host}{url.path}"
    # Another's user may be a token.
    user = address.user if unquote(url.username) == address.user else MASKED
    return f"{url.scheme}://{user}:{MASKED}@{host}{url.path}"


def _split(value: str) -> SplitResult | None:
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        return None
    # A password with a slash that was not encoded: the rest of it stands behind what looks like a host.
    return None if "@" in f"{url.path}{url.query}{url.fragment}" else url
