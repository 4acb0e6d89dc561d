from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.heroku_cli import HerokuCli
    from conformance.platform_api import PlatformApi

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 (app|heroku)\[[\w.-]+\]: .*")


def printed_by(api: PlatformApi, text: str) -> str:
    name: str = api.call("POST", "+/dynos", {"command": f"echo {text}"})["name"]
    api.until(lambda: name not in {item["name"] for item in api.get("+/dynos")})
    return name


def test_logs_have_the_form_of_heroku(cli: HerokuCli, api: PlatformApi) -> None:
    name = printed_by(api, "in the log")
    lines = cli.says("logs").splitlines()
    assert [line for line in lines if line and not LINE.fullmatch(line)] == []
    assert any(line.endswith(f"app[{name}]: in the log") for line in lines)
    assert any("heroku[worker.1]: State changed from starting to up" in line for line in lines)


def test_logs_are_chosen_by_source_dyno_type_and_number(cli: HerokuCli, api: PlatformApi) -> None:
    name = printed_by(api, "chosen")
    assert "chosen" not in cli.says("logs", "--source", "heroku")
    assert "Process exited with status 0" in cli.says("logs", "--source", "heroku", "--dyno-name", name)
    assert "chosen" in cli.says("logs", "--process-type", "run")
    assert len(cli.says("logs", "--num", "2").strip().splitlines()) == 2


def test_a_tail_goes_on(cli: HerokuCli, api: PlatformApi) -> None:
    process = cli.start("logs", "--tail", "--num", "1")
    try:
        assert process.stdout is not None
        process.stdout.readline()
        name = printed_by(api, "later")
        while "later" not in (line := process.stdout.readline()):
            assert line
        assert line.endswith(f"app[{name}]: later\n")
    finally:
        process.terminate()
        process.communicate(timeout=30)
