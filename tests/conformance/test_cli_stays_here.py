"""That the CLI, set up as the pages say, speaks to the sandbox and to nobody else."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from conformance.heroku_cli import PROGRAM, SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.heroku_cli import HerokuCli

OWN_PLACES = re.compile(r'AF_UNIX|AF_NETLINK|inet_addr\("127\.|sin6_addr|AF_UNSPEC')


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed; it would show each connection")
@pytest.mark.parametrize("command", ["addons", "run --no-tty -- true", "logs", "apps:info"])
def test_no_connection_leaves_the_machine(cli: HerokuCli, tmp_path: Path, command: str) -> None:
    trace = tmp_path / "trace"
    run = subprocess.run(
        ["strace", "-f", "-e", "trace=connect", "-o", trace, PROGRAM, *command.split()],
        env=cli.variables,
        cwd=cli.home,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    connects = [line for line in trace.read_text().splitlines() if "connect(" in line and "resumed" not in line]
    assert connects
    assert [line for line in connects if not OWN_PLACES.search(line)] == []
