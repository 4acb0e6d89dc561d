"""What was made beside Celery's own, in a file on this machine, for its owner's eyes only.

The old broker is gone when it is needed. What the journal knows of it is where it is and how much.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from migrate.clients import private_file
from migrate.errors import TopologyNotCopied, TopologyNotSaved
from migrate.topology.shapes import Topology
from migrate.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from migrate.run import Run

_NOTE: Final = "topology"
_FORMAT: Final = 1


def path_of(run: Run) -> Path:
    """Return where a migration's file is on this machine: beside its spool."""
    return run.spools / f"{run.migration.id}.topology.json"


def save(run: Run, topology: Topology) -> Path | None:
    """Write down what there is beyond Celery's own, and return the file; None, and no file, where that is nothing.

    When this returns the file is on the disk, whole. Raises TopologyNotSaved.
    """
    path = path_of(run) if topology else None
    if path is not None:
        about = {"format": _FORMAT, "migration": run.migration.id, "app": run.app, "add_on": run.migration.add_on}
        _write(path, {**about, "topology": topology.to_json()})
    note = {"path": str(path or ""), "who": run.who, "things": len(topology), "unread": dict(topology.unread)}
    run.journal.note(_NOTE, note)
    return path


def give_up(run: Run) -> None:
    """Write down that nothing was saved, by the operator's decision."""
    run.journal.note(_NOTE, {"path": "", "who": run.who, "things": None, "unread": {}})


def saved(run: Run) -> Topology | None:
    """Return what was saved; None where that is not known, or was given up. Raises TopologyNotCopied."""
    noted, path = run.journal.noted(_NOTE), path_of(run)
    if noted is not None and noted["things"] is None:
        return None
    if noted is not None and not noted["things"]:
        return Topology(unread=noted["unread"])
    if path.is_file():
        return _read(run, path)
    if noted is None:
        return None
    raise _elsewhere(noted, path)


def _write(path: Path, body: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        private_file.put(path, json.dumps(body, indent=2))
    except OSError as error:
        raise TopologyNotSaved(
            "What was made on the old broker beside Celery's own could not be written down.",
            why=f"{path}: {error.strerror}.",
            next=f"df -h '{path.parent}'    (there must be room, and the folder yours to write)",
        ) from None


def _read(run: Run, path: Path) -> Topology:
    try:
        return _topology_in(path, run.migration.id)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TopologyNotCopied(
            "What was saved of the old broker cannot be read.",
            why=f"{path}: {error}.",
            next=f"less '{path}'",
        ) from None


def _topology_in(path: Path, migration: str) -> Topology:
    body = json.loads(path.read_text())
    if body["format"] != _FORMAT or body["migration"] != migration:
        raise ValueError("it is of another migration, or of another version of migrate-plan")
    return Topology.from_json(body["topology"])


def _elsewhere(noted: Mapping[str, Any], path: Path) -> TopologyNotCopied:
    return TopologyNotCopied(
        f"{counted(noted['things'], 'thing')} that somebody made on the old broker cannot be made again from here.",
        why=f"There is no {path}. {noted['who']} has it, as {noted['path']}.",
        next=f"scp {noted['who']}:{noted['path']} {path}    (or go on there)",
    )
