"""What ``migrate-plan.toml`` may say: defaults of options, for every app or for one; pure functions over its text."""

from __future__ import annotations

import difflib
import re
import tomllib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME: Final = "migrate-plan.toml"
DEFAULTS: Final = "defaults"
APPS: Final = "apps"

TEXT, TEXTS, YES_OR_NO, SECONDS = "a text", "a list of texts", "true or false", "a number of seconds, 1 or more"

DECIDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "strategy": TEXT,
        "keep-old": YES_OR_NO,
        "queue": TEXTS,
        "ignore-queue": TEXTS,
        "drain-dynos": YES_OR_NO,
        "scale-up": TEXTS,
        "bridge-worker": TEXTS,
        "leftovers": TEXT,
        "keep-copy": TEXTS,
        "pause": TEXTS,
        "maintenance": YES_OR_NO,
        "deploy": TEXT,
        "copy-alarms": YES_OR_NO,
        "hold-before": TEXTS,
    }
)
"""What a migration is decided to be at its start; from then on the store has it, and the file is not asked."""
EACH_TIME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "drain-timeout": SECONDS,
        "quiesce-timeout": SECONDS,
        "hold-timeout": SECONDS,
        "rabbitmq-api": TEXT,
        "store": TEXT,
        "audit-log": TEXT,
        "hook": TEXTS,
    }
)
"""What every command goes by anew."""
KEYS: Final[Mapping[str, str]] = MappingProxyType({**DECIDED, **EACH_TIME})
"""The names that may stand in a table, with what each must be."""
_FOR_EVERY_APP_ONLY: Final = {
    "store": "A command that is given a migration's id must find the store before it can know the app.",
}
_THIS_COMMAND: Final = "It says what one command is to do, and not how migrations are done here."
REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "confirm": "It says that somebody has read the preview, which a file cannot say.",
        "accept": "It gives something up by name, in view of what was found that time.",
        "discard-count": "It is the number of messages that somebody has seen to be left that time.",
        "to": "A command that names no plan must not begin a migration.",
        "app": "It is the name of the table: [apps.APP].",
        "notify": "Its URL is a secret, and belongs in MIGRATE_NOTIFY.",
        "add-on": "A migration brings an add-on of another name.",
        "dry-run": _THIS_COMMAND,
        "output": _THIS_COMMAND,
        "format": _THIS_COMMAND,
        "resume": _THIS_COMMAND,
        "report": _THIS_COMMAND,
        "sandbox": _THIS_COMMAND,
        "json": _THIS_COMMAND,
        "debug": _THIS_COMMAND,
        "config-file": _THIS_COMMAND,
    }
)
"""The options that are refused in the file, with the reason."""
_FROM_ENVIRONMENT: Final = {"store": "MIGRATE_STORE", "rabbitmq-api": "MIGRATE_RABBITMQ_API"}
# Userinfo of a URL, and what PostgreSQL and others take behind the question mark.
_SECRET: Final = re.compile(
    r"://[^/?#\s]*@|(password|passwd|passfile|token|secret|api_?key)[\w-]*=(?!\s|$|[\"']?\$)", re.IGNORECASE
)


class Setting(Struct, frozen=True):
    """One value of the file."""

    key: str
    value: Any
    """A text, a list of texts, a bool or a float, as KEYS says."""
    table: str
    """As it is written: ``[defaults]``, ``[apps.shop]``."""

    @property
    def shown(self) -> str:
        """The setting as one would type it."""
        if isinstance(self.value, bool):
            return f"{self.key}={str(self.value).lower()}"
        if isinstance(self.value, float):
            return f"{self.key}={self.value:g}"
        return f"{self.key}={','.join(self.value) if isinstance(self.value, list) else self.value}"


class Configuration(Struct, frozen=True):
    """The defaults of one file."""

    every_app: Mapping[str, Setting]
    apps: Mapping[str, Mapping[str, Setting]]

    def settings(self, app: str | None) -> Mapping[str, Setting]:
        """Given an app, or None where it is not known, return its settings: those of its own table come first."""
        return {**self.every_app, **self.apps.get(app or "", {})}


def parse(text: str, place: str) -> Configuration:
    """Given the text of a file and where it is, return its defaults; raises UsageError with the line."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{place} is not TOML.", why=f"{error}.", next=_look_at(place)) from None
    if unknown := [name for name in document if name not in {DEFAULTS, APPS}]:
        raise unknown_name(unknown[0], (DEFAULTS, f"{APPS}.APP"), place, line_of(text, "", unknown[0]), "table")
    apps = _table(document.get(APPS, {}), APPS, place)
    return Configuration(
        settings_of(text, _table(document.get(DEFAULTS, {}), DEFAULTS, place), f"[{DEFAULTS}]", place),
        {app: settings_of(text, _table(found, f"{APPS}.{app}", place), f"[{APPS}.{app}]", place)
         for app, found in apps.items()},
    )  # fmt: skip


def settings_of(text: str, found: Mapping[str, Any], table: str, place: str) -> dict[str, Setting]:
    """Given a table of a file, its header as it is written and where the file is, return its settings.

    Raises UsageError for what may not stand there, with the line.
    """
    return {key: _setting(key, value, table, f"{place}{line_of(text, table, key)}") for key, value in found.items()}


def _setting(key: str, value: Any, table: str, where: str) -> Setting:
    if key in REFUSED:
        raise UsageError(f"{key} may not stand in {where}.", why=REFUSED[key], next=_look_at(where))
    if key not in KEYS:
        raise unknown_name(key, tuple(KEYS), where, "", "key")
    if key in _FOR_EVERY_APP_ONLY and table != f"[{DEFAULTS}]":
        raise UsageError(
            f"{key} may stand in [{DEFAULTS}] only, and is in {table}: {where}.",
            why=_FOR_EVERY_APP_ONLY[key],
            next=_look_at(where),
        )
    if not _is_of(KEYS[key], value):
        raise UsageError(
            f"{key} must be {KEYS[key]}: {where}.", why=f"It is {described(value)}.", next=_look_at(where)
        )
    if any(_SECRET.search(item) for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)):
        variable = _FROM_ENVIRONMENT.get(key)
        raise UsageError(
            f"The value of {key} looks like a secret: {where}.",
            why="A file is copied and committed. The value is not shown here.",
            next=f"export {variable}=...    (and take it out of the file)" if variable else _look_at(where),
        )
    return Setting(key, float(value) if KEYS[key] == SECONDS else value, table)


def _is_of(kind: str, value: Any) -> bool:
    if kind == YES_OR_NO:
        return isinstance(value, bool)
    if kind == SECONDS:
        return isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value < float("inf")
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    return isinstance(value, str) and value != ""


def described(value: Any) -> str:
    """Given a value of a file, return what it is: ``a text``, ``a list, and empty``."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
    }
    return f"{names.get(type(value), 'something else')}{'' if value not in ('', []) else ', and empty'}"


def _table(found: Any, name: str, place: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise UsageError(f"{name} must be a table: {place}.", why=f"It is {described(found)}.", next=f"[{name}]")
    return found


def unknown_name(name: str, known: tuple[str, ...], place: str, line: str, what: str) -> UsageError:
    """Given a name that is none of those that are known, return the error that says so, with a near one."""
    near = difflib.get_close_matches(name, known, 1)
    why = f"Near: {near[0]}." if near else f"There are: {', '.join(known)}."
    if what == "table" and name in {*KEYS, *REFUSED}:
        why = f"It is a key, and stands below [{DEFAULTS}] or [{APPS}.APP]."
    return UsageError(
        f"There is no {what} {_shortly(name)}: {place}{line}.",
        why=why,
        next=_look_at(f"{place}{line}"),
    )


def _shortly(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else "of that name"


def _look_at(where: str) -> str:
    return f"mend {where}    (or use no file: --config-file /dev/null)"


def line_of(text: str, table: str, key: str) -> str:
    """Return where a key is, as `, line 3`; empty where it is written in another way than one a line."""
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[[^\[\]]+\])", line):
            current = re.sub(r"[\s\"']", "", header[1])
            if not table and current.strip("[]").split(".")[0] == key:
                return f", line {number}"
        elif current == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return f", line {number}"
    return ""
