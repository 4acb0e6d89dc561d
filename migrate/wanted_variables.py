"""What a release is to set, in a form that the journal may hold: secrets stand there by a variable's name.

An intent has ``variables`` (name to value, None to unset) and ``references`` (name to the name of the variable whose
value it gets). Both are looked up anew whenever they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    Body = Mapping[str, Any]


def missing(references: Mapping[str, str], present: Mapping[str, str]) -> tuple[str, ...]:
    """Given references and the app's variables, return the variables that are referred to and not there."""
    return tuple(sorted({source for source in references.values() if source not in present}))


def changes(intent: Body, present: Mapping[str, str]) -> dict[str, str | None]:
    """Given an intent and the app's variables, return what to send; raises KeyError when one is missing."""
    copied = {name: present[source] for name, source in _references(intent).items()}
    for value in copied.values():
        Secret(value)
    return {**intent["variables"], **copied}


def hold(intent: Body, release: Mapping[str, str]) -> bool:
    """Given an intent and a release's variables, say whether that release is as the intent wants it."""
    return all(release.get(name) == value for name, value in intent["variables"].items()) and all(
        source in release and release.get(name) == release[source] for name, source in _references(intent).items()
    )


def names(intent: Body) -> tuple[str, ...]:
    """Return the names of the variables that an intent changes."""
    return (*intent["variables"], *_references(intent))


def _references(intent: Body) -> Mapping[str, str]:
    # What an older version has written down knows of none.
    found: Mapping[str, str] = intent.get("references", {})
    return found
