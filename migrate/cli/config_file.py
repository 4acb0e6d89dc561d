"""Finds ``migrate-plan.toml`` and says which of its values a command goes by."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from migrate.planning.configuration import Configuration, Setting

FILE_NAME: Final = "migrate-plan.toml"
_ROOT: Final = 0


class Found(Struct, frozen=True):
    """What a file has given to a command."""

    values: Mapping[str, Any]
    """By the name of the command's parameter."""
    told: str
    """The same in a sentence; empty where there is no file."""


def settings(named: Path | None, values: Mapping[str, Any], free: Collection[str], *, new: bool) -> Found:
    """Given the file that was named, a command's values and those nobody gave, return what the file has for these.

    ``new``: whether the command may begin a migration. One that goes on with a migration takes no decision from the
    file: they are in the store. Raises UsageError where the file cannot be gone by.
    """
    path = named or _file_here()
    if path is None or values.get("sandbox"):
        return Found({}, "")
    from migrate.planning import configuration

    known = configuration.parse(_text(path, given=named is not None), str(path))
    begins = new and not values.get("resume")
    wanted = configuration.KEYS if begins else configuration.EACH_TIME
    usable = {key for key in wanted if key.replace("-", "_") in free}
    app = _app(known, values, usable, path) if known.apps else None
    used = [setting for key, setting in known.settings(app).items() if key in usable]
    return Found({setting.key.replace("-", "_"): setting.value for setting in used}, _told(path, used, app, known))


def _told(path: Path, used: list[Setting], app: str | None, known: Configuration) -> str:
    tables = dict.fromkeys(setting.table for setting in used)
    parts = [
        f"{', '.join(setting.shown for setting in used if setting.table == table)} ({table})" for table in tables
    ]
    if app and known.apps and app not in known.apps:
        parts.append(f"it has no [apps.{app}]")
    return f"From {path}: {'; '.join(parts)}." if parts else ""


def _file_here() -> Path | None:
    try:
        here = Path.cwd()
    except OSError:  # it was removed, or may not be read: no file is in it
        return None
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    return next((folder / FILE_NAME for folder in (here, top) if (folder / FILE_NAME).is_file()), None)


def _text(path: Path, *, given: bool) -> str:
    from migrate.errors import UsageError

    try:
        if not given and (whose := _whose(path.stat())):
            # It names a command to run and where the broker's password is sent, so it must be of one's own.
            raise UsageError(
                f"{path} is not used.",
                why=f"{whose}, so that others could have written what it says.",
                next=f"--config-file {path}    (if it is as you want it; or --config-file /dev/null)",
            )
        return path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path} cannot be read.", why=f"{why}.", next="--config-file FILE") from None


def _whose(status: os.stat_result) -> str:
    if status.st_uid not in {os.getuid(), _ROOT}:
        return "It belongs to another user"
    return "Every user may write it" if status.st_mode & stat.S_IWOTH else ""


def _app(known: Configuration, values: Mapping[str, Any], usable: set[str], path: Path) -> str | None:
    """Return the app that the command is about; None where no table of an app could make a difference."""
    from migrate.clients.git import app_of_remote
    from migrate.errors import UsageError

    if migration := values.get("migration"):
        return _app_of_migration(migration, values, known)
    if "app" not in values:
        return None
    if found := values["app"] or app_of_remote():
        return str(found)
    if all(usable.isdisjoint(table) for table in known.apps.values()):
        return None
    raise UsageError(
        "No app is named.",
        why=f"{path} has defaults of single apps, so it must be known from the start.",
        next="the same command with --app APP",
    )


def _app_of_migration(migration: str, values: Mapping[str, Any], known: Configuration) -> str | None:
    from migrate.clock import SystemClock
    from migrate.errors import MigrateError
    from migrate.store.place import default_url, is_missing
    from migrate.store.store import Store

    default = known.every_app.get("store")
    url = values.get("store") or (default.value if default else None) or default_url(os.environ)
    try:
        return None if is_missing(url) else Store(url, SystemClock()).record(migration).migration.app
    except MigrateError:
        return None  # the command itself will say so
