from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from migrate.clients.git import app_of_remote

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def add_remote(name: str, url: str) -> None:
    subprocess.run(["git", "remote", "add", name, url], check=True)


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("url", ["https://git.heroku.com/my-shop.git", "git@heroku.com:my-shop.git"])
def test_the_app_is_the_one_that_the_remote_heroku_deploys_to(url: str) -> None:
    add_remote("heroku", url)

    assert app_of_remote() == "my-shop"


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("name", "url"), [("origin", "https://git.heroku.com/my-shop.git"), ("heroku", "https://example.com/my-shop.git")]
)
def test_another_remote_names_no_app(name: str, url: str) -> None:
    add_remote(name, url)

    assert app_of_remote() is None


def test_outside_a_checkout_there_is_no_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert app_of_remote() is None


def test_without_git_there_is_no_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert app_of_remote() is None
