"""What ``fleet.toml`` may say: which apps, to which plan, in which waves; pure functions over its text."""

from __future__ import annotations

import re
import tomllib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from migrate.choosing import choices_of
from migrate.errors import UsageError
from migrate.planning.configuration import DECIDED, described, line_of, settings_of, unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIONS: Final = "options"
APP: Final = "app"
SELECTOR: Final = "selector"
REST: Final = "rest"
HOLD, AUTO = "hold", "auto"
_KEYS: Final = ("name", "to", "apps", SELECTOR, "waves", "gate", "max-failures", "parallel", OPTIONS, APP)
_SELECTED_BY: Final = ("team", "pipeline", "stage", "plan")
STAGES: Final = ("test", "review", "development", "staging", "production")
"""https://devcenter.heroku.com/articles/platform-api-reference#pipeline-coupling"""
WAITS: Final = ("drain-timeout", "quiesce-timeout", "hold-timeout")
"""What an option may say beside what a migration is decided to be."""
MOST_AT_ONCE: Final = 250
"""So many threads one process runs: each waits for most of its time. With 450 some wait ten seconds for the store."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}")
_PERCENT: Final = re.compile(r"(\d{1,3})\s*%")
_WHOLE: Final = 100

Share = int | str | tuple[str, ...]
"""A wave as it is written: how many apps, how many of a hundred (``10%``), ``rest``, or their names."""


class Selector(Struct, frozen=True):
    """Which of an account's apps; of several, those to which all apply."""

    team: str = ""
    pipeline: str = ""
    """Its name or id."""
    stage: str = ""
    plan: str = ""
    """The plan that they are on now."""


class Manifest(Struct, frozen=True):
    """A file as it was understood."""

    name: str
    to: str
    apps: tuple[str, ...]
    """Empty where they are selected."""
    selector: Selector | None
    waves: tuple[Share, ...] = (1, "10%", REST)
    gate: str = HOLD
    """Whether the next wave waits for ``fleet continue`` (``hold``) or not (``auto``)."""
    max_failures: int | str = 0
    """How many may fail, or how many of a hundred, before all are stopped that can still go back."""
    parallel: int = 10
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of every migration, by name."""
    of_apps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Those of single apps, which come first."""


def parse(text: str, place: str) -> Manifest:
    """Given the text of a file and where it is, return what it says; raises UsageError, with the line."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{place} is not TOML.", why=f"{error}.", next=f"mend {place}") from None
    for key in document:
        if key not in _KEYS:
            raise unknown_name(key, _KEYS, place, line_of(text, "", key), "key")
    source = _Source(text, place, document)
    manifest = Manifest(
        name=source.name(),
        to=source.text("to"),
        apps=source.apps(),
        selector=source.selector(),
        waves=source.waves(),
        gate=source.one_of("gate", (HOLD, AUTO)),
        max_failures=source.max_failures(),
        parallel=source.number("parallel", 10, most=MOST_AT_ONCE),
        options=source.options(),
        of_apps=source.of_apps(),
    )
    _check(manifest, place)
    return manifest


def _check(manifest: Manifest, place: str) -> None:
    if bool(manifest.apps) == (manifest.selector is not None):
        raise UsageError(
            f"{place} must say either apps or [selector].",
            why="It says both." if manifest.apps else "It says neither.",
            next='apps = ["shop", "mail"]    (or: [selector] with team, pipeline, stage or plan)',
        )
    unknown = [name for name in manifest.of_apps if manifest.apps and name not in manifest.apps]
    named = [name for wave in manifest.waves if isinstance(wave, tuple) for name in wave]
    unknown += [name for name in named if manifest.apps and name not in manifest.apps]
    if unknown:
        raise unknown_name(unknown[0], manifest.apps, place, "", "app")
    if twice := {name for name in (*manifest.apps,) if manifest.apps.count(name) > 1}:
        raise UsageError(f"{min(twice)} is listed twice: {place}.", why="An app is moved once.", next=f"mend {place}")
    for options in (manifest.options, *manifest.of_apps.values()):
        choices_of({**manifest.options, **options})


class _Source(Struct, frozen=True):
    """The keys of a file, each read as what it must be."""

    file: str
    place: str
    document: Mapping[str, Any]

    def wrong(self, key: str, must: str) -> UsageError:
        """Return what to say of a value that is none."""
        return UsageError(
            f"{key} must be {must}: {self.place}{line_of(self.file, '', key)}.",
            why=f"It is {described(self.document[key])}." if key in self.document else "It is not there.",
            next=f"mend {self.place}",
        )

    def text(self, key: str) -> str:
        found = self.document.get(key)
        if not isinstance(found, str) or not found.strip():
            raise self.wrong(key, "a text")
        return found

    def name(self) -> str:
        found = self.document.get("name")
        if not isinstance(found, str) or not _NAME.fullmatch(found):
            raise self.wrong("name", "a word of letters, digits, dots and dashes, which begins with a letter")
        return found

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        found = self.document.get(key, known[0])
        if found not in known:
            raise self.wrong(key, f"one of {', '.join(known)}")
        return str(found)

    def number(self, key: str, otherwise: int, *, most: int) -> int:
        found = self.document.get(key, otherwise)
        if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= most:
            raise self.wrong(key, f"a number from 1 to {most}")
        return found

    def apps(self) -> tuple[str, ...]:
        found = self.document.get("apps", [])
        if not _are_names(found) or (not found and "apps" in self.document):
            raise self.wrong("apps", "a list of names")
        return tuple(found)

    def selector(self) -> Selector | None:
        if SELECTOR not in self.document:
            return None
        found = self._table(SELECTOR)
        for key, value in found.items():
            if key not in _SELECTED_BY:
                where = line_of(self.file, f"[{SELECTOR}]", key)
                raise unknown_name(key, _SELECTED_BY, self.place, where, "key")
            if not isinstance(value, str) or not value:
                raise self.wrong(SELECTOR, "a table of texts")
        selector = Selector(**found)
        if selector.stage and selector.stage not in STAGES:
            raise unknown_name(selector.stage, STAGES, self.place, "", "stage")
        if selector.stage and not selector.pipeline:
            raise UsageError(f"stage goes with pipeline: {self.place}.", next="pipeline = NAME")
        if selector == Selector():
            raise self.wrong(SELECTOR, "a table with team, pipeline or plan; every app of an account is too many")
        return selector

    def waves(self) -> tuple[Share, ...]:
        found = self.document.get("waves", [1, "10%", REST])
        if not isinstance(found, list) or not found:
            raise self.wrong("waves", _WAVES)
        return tuple(self._share(item) for item in found)

    def _share(self, item: Any) -> Share:
        if isinstance(item, int) and not isinstance(item, bool) and item > 0:
            return item
        if item == REST or (isinstance(item, str) and 0 < (percent(item) or 0) <= _WHOLE):
            return str(item)
        if item and _are_names(item):
            return tuple(item)
        raise self.wrong("waves", _WAVES)

    def max_failures(self) -> int | str:
        found = self.document.get("max-failures", 0)
        if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
            return found
        if isinstance(found, str) and (percent(found) or 0) <= _WHOLE and percent(found) is not None:
            return found
        raise self.wrong("max-failures", 'a number such as 3, or a part such as "10%"')

    def options(self) -> Mapping[str, Any]:
        return self._options(self._table(OPTIONS), f"[{OPTIONS}]") if OPTIONS in self.document else {}

    def of_apps(self) -> Mapping[str, Mapping[str, Any]]:
        found = self._table(APP) if APP in self.document else {}
        if not all(isinstance(value, dict) for value in found.values()):
            raise self.wrong(APP, "a table for each app, as in [app.shop]")
        return MappingProxyType({name: self._options(value, f"[{APP}.{name}]") for name, value in found.items()})

    def _options(self, found: Mapping[str, Any], table: str) -> Mapping[str, Any]:
        for key in found:
            if key in _ELSEWHERE:
                where = f"{self.place}{line_of(self.file, table, key)}"
                raise UsageError(f"{key} may not stand in {where}.", why=_ELSEWHERE[key], next=f"mend {self.place}")
        settings = settings_of(self.file, found, table, self.place)
        allowed = (*DECIDED, *WAITS)
        if other := [key for key in settings if key not in allowed]:
            raise UsageError(
                f"{other[0]} may not stand in {self.place}{line_of(self.file, table, other[0])}.",
                why="It says where this process finds things, which differs from worker to worker.",
                next=f"fleet run {self.place} --{other[0]} ...",
            )
        return MappingProxyType({key: setting.value for key, setting in settings.items()})

    def _table(self, key: str) -> dict[str, Any]:
        found = self.document[key]
        if not isinstance(found, dict):
            raise self.wrong(key, "a table")
        return found


_WAVES: Final = 'a list such as [1, "10%", "rest"] or [["shop"], "rest"]'
_ELSEWHERE: Final = {
    "accept": "It gives something up by name, in view of what was found: fleet run --accept CODE.",
    "to": "It stands at the top, for all.",
}


def percent(text: str) -> int | None:
    """Given ``10%``, return 10; None for anything else."""
    found = _PERCENT.fullmatch(text)
    return int(found[1]) if found else None


def _are_names(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(item, str) and item for item in found)
