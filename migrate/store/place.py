"""Where the store is, by its URL; the database itself is not touched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platformdirs import user_state_path

from migrate.errors import StoreUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE: Final = re.compile(r"sqlite:///([^?]+)")


def default_url(environment: Mapping[str, str]) -> str:
    """Given the environment, return the store's URL: MIGRATE_STORE, else a file in the user's state directory."""
    if url := environment.get("MIGRATE_STORE"):
        return url
    return f"sqlite:///{_default_folder() / 'migrations.sqlite3'}"


def spool_folder(url: str) -> Path:
    """Given a store's URL, return where spools lie: beside its file, or beside that of the default one.

    Raises StoreUnusable.
    """
    path = sqlite_file(url)
    return path.absolute().parent / "spool" if path else _default_folder() / "spool"


def is_missing(url: str) -> bool:
    """Whether a URL names a SQLite file that is not there; of what cannot be told, False."""
    try:
        path = sqlite_file(url)
    except StoreUnusable:
        return False
    return path is not None and not path.exists()


def sqlite_file(url: str) -> Path | None:
    """Given a store's URL, return the path of its SQLite file; None for another database; raises StoreUnusable."""
    if plain := _FILE.fullmatch(url):
        return Path(plain[1])
    # It takes a quarter of a second to import, and is not needed for the usual one.
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise unusable_url(error) from None
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def unusable_url(error: Exception) -> StoreUnusable:
    """Given why a URL leads to no database, return the error that says so, without the URL."""
    return StoreUnusable(
        "The store's URL cannot be used.",
        why=f"{type(error).__name__}; SQLite and PostgreSQL are supported.",
        next="--store sqlite:////path/to/file    (for PostgreSQL: pip install 'migrate-plan[postgres]')",
    )


def _default_folder() -> Path:
    return user_state_path("migrate-plan")
