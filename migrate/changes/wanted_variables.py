"""What a release is to set, in a form that the journal may hold: secrets stand there by a variable's name.

An intent has ``variables`` (name to value, None to unset); ``references`` (name to the name of the variable whose
value it gets); and ``copies``: the ``names`` of variables in which the address of the old broker is to become that of
the new one, the ``variable`` with the new one's URL, and the ``release`` in which ``source`` has the old one's. All
are looked up anew whenever they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.brokers.address import BrokerAddress
from migrate.brokers.pasted_copies import copies, rewritten
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    Body = Mapping[str, Any]


def missing(intent: Body, present: Mapping[str, str]) -> tuple[str, ...]:
    """Given what is wanted and the app's variables, return the variables that it looks up and that are not there."""
    sources = {*_references(intent).values(), *([_copies(intent)["variable"]] if _copies(intent) else [])}
    return tuple(sorted(sources - present.keys()))


def undecided(intent: Body, present: Mapping[str, str], old_url: str | None = None) -> tuple[str, ...]:
    """Given likewise and the old broker's URL, return the copies of which nobody knows what they should be.

    None as long as that URL is known and another one than the new broker's; without it those that do not lead to the
    new broker already.
    """
    wanted = _copies(intent)
    if not wanted or old_url not in {None, present[wanted["variable"]]}:
        return ()
    new = BrokerAddress.from_url(present[wanted["variable"]], wanted["variable"])
    there = {name: present[name] for name in wanted["names"] if name in present}
    led = {item.variable for item in copies(there, new) if not item.doubt}
    return tuple(sorted(there.keys() - led))


def changes(intent: Body, present: Mapping[str, str], old_url: str | None = None) -> dict[str, str | None]:
    """Given an intent, the app's variables and the old broker's URL, return what to send.

    Without that URL no copy is changed. Raises KeyError when a variable is missing that is looked up, and
    BrokerUrlInvalid when one is no broker URL.
    """
    found = {name: present[source] for name, source in _references(intent).items()}
    found |= _stale(intent, present, old_url)
    for value in found.values():
        Secret(value)
    return {**intent["variables"], **found}


def hold(intent: Body, release: Mapping[str, str], old_url: str | None = None) -> bool:
    """Given an intent, a release's variables and the old broker's URL, say whether that release is as wanted."""
    return (
        not missing(intent, release)
        and all(release.get(name) == value for name, value in intent["variables"].items())
        and all(release.get(name) == release[source] for name, source in _references(intent).items())
        and not undecided(intent, release, old_url)
        and not _stale(intent, release, old_url)
    )


def names(intent: Body) -> tuple[str, ...]:
    """Return the names of the variables that an intent changes."""
    return (*intent["variables"], *_references(intent), *_copies(intent).get("names", ()))


def _stale(intent: Body, present: Mapping[str, str], old_url: str | None) -> dict[str, str]:
    """Return the copies that lead to the old broker still, as they should be."""
    wanted = _copies(intent)
    if not wanted or old_url is None:
        return {}
    variable = wanted["variable"]
    old, new = BrokerAddress.from_url(old_url, variable), BrokerAddress.from_url(present[variable], variable)
    there = {name: present[name] for name in wanted["names"] if name in present}
    renewed = {name: rewritten(name, value, old, new) for name, value in there.items()}
    return {name: value for name, value in renewed.items() if value != there[name]}


def _references(intent: Body) -> Mapping[str, str]:
    # What an older version has written down knows of none.
    found: Mapping[str, str] = intent.get("references", {})
    return found


def _copies(intent: Body) -> Body:
    found: Body = intent.get("copies", {})
    return found
