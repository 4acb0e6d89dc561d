"""What to say when the database fails: its own words, and what mends it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from migrate.errors import StoreUnusable

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

# By the beginning of SQLite's result codes. https://sqlite.org/rescode.html
_MENDED: Final = (
    (("SQLITE_FULL", "SQLITE_IOERR"), "df -h {place}    (there must be room)"),
    (("SQLITE_BUSY", "SQLITE_LOCKED"), "fuser -v {place}    (who keeps it locked)"),
    (("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"), "ls -ld {place}    (you must be able to write there)"),
    (("",), "mv {place} {place}.damaged    (then go on from the app itself: migrate-plan runbook store)"),
)


def unusable(url: URL, error: Exception) -> StoreUnusable:
    """Given a store's URL and what its database raised, return the error that tells what, why and what mends it."""
    cause = getattr(error, "orig", None) or error
    return StoreUnusable(
        f"The store at {shown(url)} cannot be used.",
        why=(str(cause) or type(cause).__name__).splitlines()[0],
        next=_sqlite(url, cause) if url.get_backend_name() == "sqlite" else _postgresql(url),
    )


def check_whole(connection: Connection) -> None:
    """Raise ValueError where SQLite's pages do not fit together. https://sqlite.org/pragma.html#pragma_quick_check"""
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise ValueError(found)


def shown(url: URL) -> str:
    """Given a store's URL, return what people may see of it: neither password nor query, which may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


def _sqlite(url: URL, cause: Exception) -> str:
    name = getattr(cause, "sqlite_errorname", "")
    mended = next(text for beginnings, text in _MENDED if name.startswith(beginnings))
    return mended.format(place=shlex.quote(str(url.database)))


def _postgresql(url: URL) -> str:
    address = url.set(drivername="postgresql", password=None, query={}).render_as_string()
    return f"psql {shlex.quote(address)}    (it must answer, have room and let you write)"
