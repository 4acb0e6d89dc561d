from __future__ import annotations

import os
import subprocess
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from migrate.clients.heroku_token import api_url, find_token
from migrate.errors import TokenMissing, UsageError
from migrate.secrets import MASK, redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

API = "https://api.heroku.com"
CANARY = "HRKU-canary-0123456789"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home of its own, so that no real token is ever found."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def heroku_cli(folder: Path, script: str) -> dict[str, str]:
    """Put a program called ``heroku`` into a folder and return an environment in which only it is found."""
    folder.mkdir(exist_ok=True)
    program = folder / "heroku"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": str(folder)}


def netrc(home: Path, machine: str = "api.heroku.com", mode: int = 0o600) -> None:
    file = home / ".netrc"
    file.write_text(f"machine {machine}\n  login ada@example.com\n  password {CANARY}-netrc\n")
    file.chmod(mode)


def test_the_environment_comes_first(tmp_path: Path, home: Path) -> None:
    netrc(home)
    environment = {"HEROKU_API_KEY": CANARY, **heroku_cli(tmp_path / "bin", "echo from-the-cli")}
    assert find_token(environment, API).reveal() == CANARY


def test_the_heroku_cli_comes_next(tmp_path: Path, home: Path) -> None:
    netrc(home)
    environment = heroku_cli(tmp_path / "bin", f'[ "$*" = auth:token ] && echo {CANARY}-cli')
    assert find_token(environment, API).reveal() == f"{CANARY}-cli"


def test_what_the_cli_warns_of_does_not_get_into_the_token(tmp_path: Path) -> None:
    environment = heroku_cli(tmp_path / "bin", f"echo 'Warning: token expires' >&2; echo {CANARY}")
    assert find_token(environment, API).reveal() == CANARY


@pytest.fixture
def _somebody_types() -> Iterator[None]:
    reading, writing = os.pipe()
    os.write(writing, b"typed-by-somebody\n")
    os.close(writing)
    before = os.dup(0)
    os.dup2(reading, 0)
    yield
    os.dup2(before, 0)
    os.close(before)
    os.close(reading)


@pytest.mark.usefixtures("_somebody_types")
def test_the_cli_does_not_read_what_is_typed_to_us(tmp_path: Path) -> None:
    environment = heroku_cli(tmp_path / "bin", f'read answer && echo "$answer" || echo {CANARY}')
    assert find_token(environment, API).reveal() == CANARY


def test_the_cli_runs_in_the_environment_that_was_given(tmp_path: Path) -> None:
    environment = heroku_cli(tmp_path / "bin", 'echo "$HEROKU_HOST"')
    assert find_token({**environment, "HEROKU_HOST": "made-up-host"}, API).reveal() == "made-up-host"


@pytest.mark.parametrize("script", [f"echo {CANARY}-cli; exit 1", "true", "echo ' '"])
def test_netrc_comes_after_a_cli_that_gives_no_token(tmp_path: Path, home: Path, script: str) -> None:
    netrc(home)
    assert find_token(heroku_cli(tmp_path / "bin", script), API).reveal() == f"{CANARY}-netrc"


def test_a_cli_that_hangs_is_given_up(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_arguments: object, **options: Any) -> None:
        assert 0 < options["timeout"] <= 60
        raise subprocess.TimeoutExpired("heroku", options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    netrc(home)
    assert find_token(heroku_cli(tmp_path / "bin", "true"), API).reveal() == f"{CANARY}-netrc"


def test_a_cli_that_cannot_be_started_is_passed_over(tmp_path: Path, home: Path) -> None:
    netrc(home)
    environment = heroku_cli(tmp_path / "bin", "true")
    (tmp_path / "bin" / "heroku").write_text("#!/no/such/interpreter\n")
    assert find_token(environment, API).reveal() == f"{CANARY}-netrc"


def test_an_empty_variable_is_no_token(home: Path) -> None:
    netrc(home)
    assert find_token({"HEROKU_API_KEY": ""}, API).reveal() == f"{CANARY}-netrc"


def test_netrc_is_read_for_the_host_that_is_asked(home: Path) -> None:
    netrc(home, "127.0.0.1:5000")
    assert find_token({}, "http://127.0.0.1:5000").reveal() == f"{CANARY}-netrc"
    with pytest.raises(TokenMissing):
        find_token({}, API)


def test_a_netrc_that_others_can_read_is_not_used(home: Path) -> None:
    netrc(home, mode=0o644)
    with pytest.raises(TokenMissing):
        find_token({}, API)


def test_a_netrc_that_makes_no_sense_is_passed_over_and_not_shown(home: Path) -> None:
    file = home / ".netrc"
    file.write_text(f"{CANARY} is not the netrc format\n")
    file.chmod(0o600)
    with pytest.raises(TokenMissing) as refusal:
        find_token({}, API)
    assert CANARY not in "".join(traceback.format_exception(refusal.value))


def test_without_any_token_it_says_how_to_get_one() -> None:
    with pytest.raises(TokenMissing) as refusal:
        find_token({}, API)
    assert "heroku login" in refusal.value.next


def test_the_token_is_a_secret_from_the_moment_that_it_is_found() -> None:
    token = find_token({"HEROKU_API_KEY": CANARY}, API)
    assert str(token) == MASK
    assert redact(f"Authorization: Bearer {CANARY}") == f"Authorization: Bearer {MASK}"


@pytest.mark.parametrize("environment", [{}, {"HEROKU_HOST": ""}])
def test_without_heroku_host_the_api_is_herokus(environment: dict[str, str]) -> None:
    assert api_url(environment) == API


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("heroku.com", API),
        ("staging.heroku.com", "https://api.staging.heroku.com"),
        ("herokudev.com", "https://api.herokudev.com"),
        ("https://api.heroku.com", API),
        ("https://api.heroku.com/", API),
        ("https://api.herokai.com", "https://api.herokai.com"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("https://localhost", "https://localhost"),
    ],
)
def test_heroku_host_is_read_as_the_heroku_cli_does(host: str, url: str) -> None:
    assert api_url({"HEROKU_HOST": host}) == url


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "heroku.com.example.com",
        "evilheroku.com",
        "https://example.com",
        "https://evilheroku.com",
        "https://example.com/.heroku.com",
        "https://api.heroku.com@example.com",
        "http://127.0.0.1:80@example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
    ],
)
def test_the_token_is_not_sent_to_anybody_else(host: str) -> None:
    with pytest.raises(UsageError, match="HEROKU_HOST"):
        api_url({"HEROKU_HOST": host})


def test_the_token_does_not_travel_in_the_clear() -> None:
    with pytest.raises(UsageError):
        api_url({"HEROKU_HOST": "http://api.heroku.com"})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example/.heroku.com",
        "evil.example#.heroku.com",
        "evil.example:1/a.heroku.com",
        "ftp://api.heroku.com",
        "https://evil.example\\.heroku.com",
        "http://[::1",
        "https://user:word@127.0.0.1:99",
        "http://127.0.0.1:abc",
    ],
)
def test_no_trick_with_the_host_leads_the_token_astray(host: str) -> None:
    with pytest.raises(UsageError):
        api_url({"HEROKU_HOST": host})


def test_a_line_break_behind_the_token_is_not_part_of_it() -> None:
    assert find_token({"HEROKU_API_KEY": f"{CANARY}\n"}, API).reveal() == CANARY
