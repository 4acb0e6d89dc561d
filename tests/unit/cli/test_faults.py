"""A fault of the program itself: one line without --debug, a trace without secrets with it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from migrate.cli.app import app
from migrate.secrets import Secret, redact_fault

if TYPE_CHECKING:
    from typer.testing import Result

CANARY = "canary/7f3+k2q=9x"
UNKNOWN = "canary-nobody-knows"
LOCAL = "canary-in-a-variable"


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    Secret(CANARY)

    def fail(*_: object) -> None:
        held = LOCAL
        try:
            os.environ[f"amqps://user:{quote(CANARY, safe='')}@host/vhost"]
        except KeyError as error:
            error.add_note(f"note with {CANARY}")
            raise RuntimeError(f"{len(held)} {CANARY} https://me:{UNKNOWN}@host/x?y") from error

    monkeypatch.setattr("migrate.cli.wish.grant", fail)
    monkeypatch.setenv("MIGRATE_CONFIG_FILE", "/dev/null")
    return CliRunner().invoke(app, [*words, "--to", "bunny-1", "--app", "shop"])


def test_without_debug_there_is_no_trace_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch)
    text = result.stdout + result.stderr

    assert result.exit_code == 1
    assert "[UNEXPECTED, exit 1]" in text
    assert "Traceback" not in text
    assert "canary" not in text


@pytest.mark.parametrize("how", ["flag", "environment"])
def test_with_debug_the_trace_is_on_stderr_with_its_causes_and_without_secrets(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "environment":
        monkeypatch.setenv("MIGRATE_DEBUG", "1")
    result = run(monkeypatch, *(["--debug"] if how == "flag" else []))

    assert "Traceback" not in result.stdout
    assert result.stderr.count("Traceback (most recent call last)") == 2
    assert "KeyError" in result.stderr
    assert "RuntimeError" in result.stderr
    assert "canary" not in result.stdout + result.stderr
    assert "[secret]" in result.stderr


def test_debug_before_the_name_of_a_command_holds_for_it_and_not_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_word: str) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("migrate.handbook.look_up", fail)

    assert "Traceback" in CliRunner().invoke(app, ["--debug", "runbook", "drain"]).stderr
    assert "Traceback" not in CliRunner().invoke(app, ["runbook", "drain"]).stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("amqp://u:p@h/v", "amqp://[secret]@h/v"),
        ("amqp://u:p@ss@h/v", "amqp://[secret]@h/v"),
        ("amqp://u:p%40ss@h/v", "amqp://[secret]@h/v"),
        ("x=amqps%3A%2F%2Fu%3Ap%40h%2Fv", "x=amqps%3A%2F%2F[secret]%40h%2Fv"),
        ("https://host/path?a=b@c", "https://host/path?a=b@c"),
        ("mail me@host", "mail me@host"),
    ],
)
def test_what_stands_before_the_host_of_a_url_is_masked_though_nobody_knew_it(text: str, shown: str) -> None:
    assert redact_fault(text) == shown


def fault(program: str, *, debug: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a program in which something fails where no command catches it."""
    start = "import threading; from migrate.cli import faults, given; faults.watch()\n"
    start += f"given.GIVEN.set(given.Given(debug={debug}))\n"
    return subprocess.run([sys.executable, "-c", start + program], capture_output=True, text=True, check=False)


THREAD = """
def fail():
    raise RuntimeError("amqp://u:canary-1@h/v\\nsecond line")
thread = threading.Thread(target=fail); thread.start(); thread.join()
"""


def test_a_thread_that_fails_says_one_line() -> None:
    ended = fault(THREAD)

    assert ended.returncode == 0
    assert ended.stderr.splitlines() == [
        "migrate-plan itself failed (RuntimeError): amqp://[secret]@h/v second line",
        "  runbook: migrate-plan runbook UNEXPECTED",
    ]


def test_what_nobody_catches_says_one_line_and_ends_with_1() -> None:
    ended = fault("raise ValueError('amqp://u:canary-1@h/v')")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    assert "canary" not in ended.stderr


def test_with_debug_it_is_traced() -> None:
    ended = fault("raise ValueError('amqp://u:canary-1@h/v')", debug=True)

    assert "Traceback" in ended.stderr
    assert "canary" not in ended.stderr
