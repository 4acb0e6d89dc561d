from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migrate.clients.shell import Shell
from migrate.holder import living, on_this_machine

if TYPE_CHECKING:
    from pathlib import Path


def test_a_command_runs_in_the_operators_shell_with_their_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREETING", "hello")
    monkeypatch.setenv("SHELL", "/bin/sh")
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "output").open("w") as output:
        command = Shell(output).start('echo "$GREETING from $PWD" && exit 3')
        status = command.status(30)

    assert status == 3
    assert (tmp_path / "output").read_text() == f"hello from {tmp_path}\n"


def test_while_it_runs_it_has_no_status_and_is_known_as_a_process_of_this_machine(tmp_path: Path) -> None:
    with (tmp_path / "output").open("w") as output:
        command = Shell(output).start("exec sleep 60")
        running, alive = command.status(0.01), on_this_machine(command.holder) and living(command.holder)
        command.end()
        status = command.status(30)

    assert running is None
    assert alive
    assert status
    assert not living(command.holder)


def test_a_shell_that_is_not_there_is_an_error_and_no_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", str(tmp_path / "missing"))

    with (tmp_path / "output").open("w") as output, pytest.raises(OSError, match="missing"):
        Shell(output).start("true")
