from __future__ import annotations

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from migrate.clients.audit_file import AuditFile
from migrate.errors import AuditLogUnusable


def append_many(path: str, letter: str) -> None:
    file = AuditFile(Path(path))
    for _ in range(50):
        file.append(letter * 3000)


def test_a_new_file_is_its_owners_alone_and_what_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for line in ("one", "two"):
        file = AuditFile(path)
        file.append(line)
        file.close()

    assert path.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lines_of_several_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(append_many, [str(path)] * 2, "ab"))

    lines = path.read_text().splitlines()
    assert sorted(set(lines)) == ["a" * 3000, "b" * 3000]
    assert len(lines) == 100


def test_half_a_line_that_a_crash_has_left_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('whole\n{"half')

    AuditFile(path).append("next")

    assert path.read_text().splitlines() == ["whole", '{"half', "next"]


def test_a_line_that_came_only_in_part_does_not_spoil_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, write = tmp_path / "audit.jsonl", os.write
    file = AuditFile(path)
    file.append("whole")
    with monkeypatch.context() as full:
        full.setattr("os.write", lambda descriptor, data: write(descriptor, data[:3]))
        with pytest.raises(OSError, match="a part of a line"):
            file.append("broken")
    file.append("next")
    file.append("last")

    assert path.read_text().splitlines() == ["whole", "bro", "next", "last"]


def test_a_file_that_cannot_be_written_is_refused_with_its_name(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "audit.jsonl"):
        with pytest.raises(AuditLogUnusable, match=str(path)):
            AuditFile(path)


def test_a_pipe_is_refused_and_nobody_waits_for_its_reader(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(AuditLogUnusable) as refusal:
        AuditFile(pipe)
    assert "not a regular file" in refusal.value.why


def test_a_full_disk_is_an_error_of_the_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(AuditLogUnusable):
        AuditFile(Path("/dev/full"))
