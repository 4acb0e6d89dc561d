"""A look at a store that changes nothing about it: none is made, upgraded or waited for."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

import sqlalchemy
from sqlalchemy import select
from sqlalchemy.pool import NullPool

from migrate.store.schema import migrations

_NEWEST: Final = 100
_SECONDS: Final = 1


class Seen(NamedTuple):
    """One migration, as far as a list needs it."""

    id: str
    app: str
    state: str


def glance(url: str) -> tuple[Seen, ...]:
    """Given a store's URL, return its newest migrations, newest first; none where there is no store yet.

    Raises what SQLAlchemy raises where it cannot be read at once.
    """
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return _read(parsed, {"connect_timeout": _SECONDS})
    path = Path(parsed.database or "")
    if not path.is_file():
        return ()
    # https://www.sqlite.org/uri.html
    read_only = parsed.set(database=f"file:{quote(str(path.absolute()))}", query={"mode": "ro", "uri": "true"})
    return _read(read_only, {"timeout": 0})


def _read(url: sqlalchemy.URL, how: dict[str, object]) -> tuple[Seen, ...]:
    columns = (migrations.c.id, migrations.c.app, migrations.c.state)
    query = select(*columns).order_by(migrations.c.created_at.desc()).limit(_NEWEST)
    engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=how)
    with engine.connect().execution_options(postgresql_readonly=True) as connection:
        return tuple(Seen(*row) for row in connection.execute(query))
