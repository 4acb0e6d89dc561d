"""``migrate-plan runbook``: on a terminal, in a pipe, from an installed wheel."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from migrate.cli.app import app
from migrate.handbook import look_up
from migrate.listeners import runbook_text

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[3]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(name: str, monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for variable in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in {"TERM": "xterm-256color", "COLUMNS": "90", "LINES": "500", **environment}.items():
        monkeypatch.setenv(variable, value)
    stream = Terminal()
    runbook_text.show(look_up(name), stream)
    return stream.getvalue()


def test_off_a_terminal_a_page_is_its_text_without_escapes() -> None:
    result = CliRunner().invoke(app, ["runbook", "eager-on"])

    assert result.exit_code == 0
    assert result.stdout.startswith("# eager-on\n")
    assert "\x1b" not in result.stdout
    assert "    heroku config:set CELERY_ALWAYS_EAGER=True --app APP\n" in result.stdout


def test_a_code_is_shown_with_the_command_for_its_whole_page() -> None:
    result = CliRunner().invoke(app, ["runbook", "not_drained"])

    assert result.stdout.startswith("### NOT_DRAINED\n")
    assert result.stdout.endswith("The whole page: `migrate-plan runbook drain`\n")


def test_without_a_name_steps_pages_and_codes_are_listed() -> None:
    lines = CliRunner().invoke(app, ["runbook"]).stdout.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ")]

    assert listed.index("preflight") < listed.index("drain") < listed.index("README") < listed.index("NOT_DRAINED")


def test_an_unknown_name_ends_with_the_status_of_usage() -> None:
    result = CliRunner().invoke(app, ["runbook", "dran"])

    assert result.exit_code == 2
    assert "next:    migrate-plan runbook drain" in result.stdout


def test_on_a_terminal_a_page_is_drawn_in_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn("eager-on", monkeypatch)

    assert "\x1b[" in text
    assert "## " not in text
    assert "`" not in text


def test_a_command_is_never_broken_however_narrow_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn("eager-on", monkeypatch, COLUMNS="40", NO_COLOR="1")

    assert "heroku config:unset CELERY_ALWAYS_EAGER MIGRATE_PLAN --app APP" in text


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    colours = [f"\x1b[{code}" for code in ("36", "1;36", "35")]

    assert any(colour in drawn("drain", monkeypatch) for colour in colours)
    assert not any(colour in drawn("drain", monkeypatch, NO_COLOR="1") for colour in colours)


def test_a_dumb_terminal_gets_no_escapes_and_no_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in drawn("drain", monkeypatch, TERM="dumb", LINES="10", PAGER="false")


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """Run the command with a terminal of 24 lines as its output, and return what it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "migrate", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"} | environment,
    )
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], 20)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    os.close(ours)
    assert process.wait(20) == 0
    return written.decode()


def test_a_long_page_on_a_terminal_goes_through_the_pager_and_a_short_one_does_not(tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGED with $LESS\nexec cat\n")
    pager.chmod(0o755)

    assert "PAGED with -FRX" in on_a_terminal("runbook", "drain", PAGER=str(pager), MANPAGER=str(pager), LESS="-FRX")
    assert "PAGED with -FRX" in on_a_terminal("runbook", PAGER=str(pager), MANPAGER=str(pager), LESS="-FRX")
    assert "PAGED" not in on_a_terminal("runbook", "PLAN_FIXED", PAGER=str(pager), MANPAGER=str(pager))


def installed(wheel_content: Mapping[str, bytes], folder: Path) -> Path:
    for name, content in wheel_content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_an_installed_wheel_has_the_pages(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        place = installed({name: archive.read(name) for name in archive.namelist()}, tmp_path / "site")

    program = "import migrate; print(migrate.__file__); import migrate.cli.app as it; it.main()"
    answer = subprocess.run(
        [sys.executable, "-c", program, "runbook", "drain"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(place)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    where, _, page = answer.stdout.partition("\n")
    assert where.startswith(str(place))
    assert page.startswith("# drain\n")
