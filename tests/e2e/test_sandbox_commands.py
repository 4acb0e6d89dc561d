"""`migrate-plan sandbox`: up, status, env, logs, down, as somebody types them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROCFILE = "web: python -u -m http.server $PORT --bind 127.0.0.1\n"


def sandbox(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "migrate", "sandbox", *words, "--directory", str(directory)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_sandbox_for_ones_own_app_comes_up_answers_and_goes_without_a_trace(tmp_path: Path) -> None:
    place, app = tmp_path / "place", tmp_path / "app"
    app.mkdir()
    (app / "Procfile").write_text(PROCFILE)
    up = sandbox(place, "up", "--app-dir", str(app), "--app", "my-shop", "--config", "GREETING=hello")
    try:
        assert up.returncode == 0, up.stdout
        assert f'eval "$(migrate-plan sandbox env --directory {place})"' in up.stdout
        again = sandbox(place, "up")
        assert again.returncode == 1
        assert "runs in" in again.stdout
        assert f"migrate-plan sandbox down --directory {place}" in again.stdout
        assert "my-shop" in sandbox(place, "status").stdout
        check_env(sandbox(place, "env").stdout)
        assert "web.1: Serving HTTP" in sandbox(place, "logs", "web.1", "-n", "5").stdout
    finally:
        down = sandbox(place, "down")

    assert down.returncode == 0, down.stdout
    assert not place.exists()
    assert sandbox(place, "status").returncode == 1


def check_env(lines: str) -> None:
    shell = subprocess.run(
        ["sh", "-c", f'{lines}\necho "$HEROKU_APP"; echo "$HEROKU_HOST"'],
        capture_output=True,
        text=True,
        check=True,
    )
    app, host = shell.stdout.splitlines()
    assert app == "my-shop"
    assert host.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("verb", ["status", "env", "logs"])
def test_without_a_sandbox_every_verb_says_how_to_get_one(tmp_path: Path, verb: str) -> None:
    finished = sandbox(tmp_path, verb)

    assert finished.returncode == 1
    assert f"migrate-plan sandbox up --directory {tmp_path}" in finished.stdout


def test_a_directory_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")

    assert sandbox(tmp_path, "up").returncode == 1
    assert sandbox(tmp_path, "down").returncode == 0
    assert (tmp_path / "precious").read_text() == "mine"
