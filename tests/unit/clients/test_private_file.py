from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from migrate.clients import private_file
from migrate.errors import PreviewUnusable, ReportNotWritten

if TYPE_CHECKING:
    from pathlib import Path


def test_the_error_is_the_one_that_fits_what_was_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(ReportNotWritten, match="could not be written") as refused:
        private_file.write(tmp_path / "nowhere" / "page.html", "text", ReportNotWritten, "--report")

    assert refused.value.next == "another --report, in a folder that is yours to write"


def test_only_its_owner_can_read_it_whatever_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("older")
    path.chmod(0o644)

    private_file.write(path, "newer")

    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("newer", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.json"
    path.write_text("older")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PreviewUnusable, match="could not be written") as raised:
        private_file.write(path, "newer")

    assert raised.value.why == "No space left on device."
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PreviewUnusable, match="could not be written"):
        private_file.write(tmp_path / "nowhere" / "plan.json", "text")


@pytest.mark.parametrize("content", [b"\xff\xfe", b" " * 4_000_001])
def test_what_is_no_text_or_too_big_is_not_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(content)

    with pytest.raises(PreviewUnusable, match="cannot be read"):
        private_file.read(tmp_path / "plan.json")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PreviewUnusable, match="cannot be read") as raised:
        private_file.read(tmp_path / "plan.json")

    assert raised.value.why == "No such file or directory."
