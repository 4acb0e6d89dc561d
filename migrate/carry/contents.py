"""What is in spools, for people and for other programs: lists, tables, and lines of JSON."""

from __future__ import annotations

import base64
import json
import os
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from migrate.carry.message import decoded, task_of
from migrate.carry.spool import Spool
from migrate.errors import SpoolMissing, SpoolUnusable, UsageError
from migrate.events import SpoolMessage, SpoolRead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrate.carry.spool import Kept, Queue

_OWNER_ONLY: Final = 0o600


def spools(folder: Path) -> Iterator[SpoolRead]:
    """Given the folder of spools, yield what is in each."""
    for path in sorted(folder.glob("mig-*.sqlite3")):
        with closing(Spool(path)) as spool:
            yield _read(spool)


def read(folder: Path, migration: str) -> SpoolRead:
    """Given a migration's id, return what is in its spool; raises SpoolMissing."""
    with closing(_open(folder, migration)) as spool:
        return _read(spool)


def messages(folder: Path, migration: str, limit: int) -> Iterator[SpoolMessage]:
    """Yield the first messages of a spool, without what is in them."""
    with closing(_open(folder, migration)) as spool:
        for queue in spool.queues():
            for message in spool.all(queue.number):
                if limit <= 0:
                    return
                limit -= 1
                identity, task = task_of(message.properties)
                yield SpoolMessage(queue.name, task, identity, len(message.body), _state(message))


def export(folder: Path, migration: str, target: Path) -> int:
    """Write every message of a spool to a new file, a line of JSON each; return how many.

    Raises SpoolMissing, SpoolUnusable, UsageError where the file is there already.
    """
    with closing(_open(folder, migration)) as spool:
        count = 0
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                for queue in spool.queues():
                    for message in spool.all(queue.number):
                        file.write(json.dumps(_exported(queue, message), default=_readable) + "\n")
                        count += 1
        except FileExistsError:
            raise UsageError(f"{target} is there already.", next="the same command with -o ANOTHER_FILE") from None
        except OSError as error:
            raise SpoolUnusable(target, error) from None
        return count


def _open(folder: Path, migration: str) -> Spool:
    path = folder / f"{migration}.sqlite3"
    if not path.is_file():
        raise SpoolMissing(
            f"There is no spool of {migration} on this machine.",
            why=f"Looked for {path}.",
            next="migrate-plan spool list",
        )
    return Spool(path)


def _read(spool: Spool) -> SpoolRead:
    about = spool.about
    return SpoolRead(
        of=about.get("migration", ""),
        app=about.get("app", ""),
        path=str(spool.path),
        queues=tuple(
            {"name": queue.name, "messages": queue.messages, "waiting": queue.waiting, "in_doubt": queue.in_doubt}
            for queue in spool.queues()
        ),
    )


def _state(message: Kept) -> str:
    if message.struck:
        return "published"
    return "in doubt" if message.sent else "waiting"


def _exported(queue: Queue, message: Kept) -> dict[str, Any]:
    identity, task = task_of(message.properties)
    try:
        properties: dict[str, Any] | None = decoded(message.properties)
    except ValueError:
        properties = None
    return {
        "number": message.number,
        "queue": queue.name,
        "state": _state(message),
        "id": identity,
        "task": task,
        "exchange": message.exchange,
        "routing_key": message.routing_key,
        "redelivered": message.redelivered,
        "properties": properties,
        "properties_base64": _readable(message.properties),
        "body_base64": _readable(message.body),
    }


def _readable(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
