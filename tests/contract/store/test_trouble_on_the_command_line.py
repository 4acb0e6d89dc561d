"""A store that cannot be used, as the operator sees it: before Heroku is asked anything, without a secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from migrate.sandbox.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.private_postgresql import Cluster

MOVE = ("--to", "bunny", "--app", "shop", "--confirm", "shop")
PRIVATE = ("unshare", "--mount", "--map-root-user", "sh", "-ec")
"""A shell whose mounts nobody else sees and which are gone with it."""


def run(home: Path, store: str, *words: str, before: str = "") -> tuple[int, dict[str, Any], str]:
    """Run the program, in a private shell after a command; return status, result and all that it wrote."""
    command = (sys.executable, "-m", "migrate", *words, "--json")
    finished = subprocess.run(
        (*PRIVATE, f'{before}; exec "$0" "$@"', *command) if before else command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "MIGRATE_STORE": store,
            "HEROKU_API_KEY": "HRKU-canary-token",
            "HEROKU_HOST": f"http://127.0.0.1:{free_port()}",
        },
    )
    assert "Traceback" not in finished.stderr
    return finished.returncode, json.loads(finished.stdout.splitlines()[-1]), finished.stdout + finished.stderr


def check_refused(home: Path, store: str, why: str, mended: str, before: str = "") -> str:
    """Check that a migration does not begin, though nobody is there to answer for Heroku; return all texts."""
    status, result, text = run(home, store, *MOVE, before=before)
    assert (status, result["code"], result["state"]) == (1, "STORE_UNUSABLE", "Nothing was changed.")
    assert why in result["why"]
    assert mended in result["next"][0]
    return text


@pytest.fixture
def mounting() -> None:
    """Skip where a container forbids mounts of one's own; SQLite's own limit is tested everywhere."""
    if not shutil.which("unshare") or subprocess.run([*PRIVATE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system allows no private mounts")


@pytest.mark.usefixtures("mounting")
def test_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    fill = "mount -t tmpfs -o size=64k none disk; dd if=/dev/zero of=disk/else bs=1k count=60 2>/dev/null"

    check_refused(tmp_path, f"sqlite:///{tmp_path}/disk/migrations.sqlite3", "disk is full", "df -h ", fill)


@pytest.mark.usefixtures("mounting")
def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    mount = "mount -t tmpfs -o ro none disk"

    check_refused(
        tmp_path, f"sqlite:///{tmp_path}/disk/migrations.sqlite3", "Read-only file system", "--store ", mount
    )


def test_a_damaged_file_stops_the_start_and_no_resume_says_that_nothing_was_changed(
    tmp_path: Path,
) -> None:
    (tmp_path / "store").write_bytes(b"\x7f" * 8192)
    url = f"sqlite:///{tmp_path}/store"

    check_refused(tmp_path, url, "not a database", ".damaged")
    for verb in ("resume", "rollback"):
        status, result, _text = run(tmp_path, url, verb, "mig-7f3k2q")

        assert (status, result["code"]) == (3, "STORE_UNUSABLE")
        assert result["state"].startswith("How far mig-7f3k2q has got is in the store")
        assert result["next"][-1] == "migrate-plan status mig-7f3k2q"


def test_a_database_that_does_not_take_the_password(tmp_path: Path, cluster: Cluster) -> None:
    wrong = "wrong canary/of:the@store"

    text = check_refused(tmp_path, cluster.url("postgres", wrong), "password authentication failed", "psql ")

    assert not [spelling for spelling in (wrong, quote(wrong), quote(wrong, safe=""), "canary") if spelling in text]
