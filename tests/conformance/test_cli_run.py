"""One-off dynos, detached and attached."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.heroku_cli import HerokuCli
    from conformance.platform_api import PlatformApi


def one_offs(api: PlatformApi) -> list[str]:
    return [item["name"] for item in api.get("+/dynos") if item["type"] == "run"]


def test_a_detached_dyno_runs_by_itself(cli: HerokuCli, api: PlatformApi) -> None:
    said = cli.says("run:detached", "--", "echo ${GREETING} from ${DYNO}")
    name = said.split("--dyno ")[1].split()[0]
    api.until(lambda: name not in one_offs(api))
    assert f"hello from {name}" in cli.says("logs", "--dyno-name", name)


@pytest.mark.parametrize("status", [0, 3])
def test_the_exit_code_of_an_attached_dyno_is_that_of_the_command(cli: HerokuCli, status: int) -> None:
    said = cli.ends("run", "--exit-code", "--no-tty", "--", f"sh -c 'echo out; echo err >&2; exit {status}'")
    assert (said.status, said.out) == (status, "out\nerr\n")


def test_without_exit_code_a_command_that_fails_exits_with_0(cli: HerokuCli) -> None:
    assert cli.ends("run", "--no-tty", "--", "false").status == 0


def test_what_is_piped_in_reaches_the_command_to_its_end(cli: HerokuCli) -> None:
    text = "".join(f"line {number}\n" for number in range(5000))
    said = cli.ends("run", "--exit-code", "--no-tty", "--", "sort -r | head -n 2; wc -l", typed=text)
    assert said.status == 0
    assert said.out.split() == ["line", "999", "line", "998", "0"]


def test_output_comes_as_it_is_printed(cli: HerokuCli, api: PlatformApi) -> None:
    process = cli.start("run", "--no-tty", "--", "echo first; sleep 300")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "first\n"
        assert len(one_offs(api)) == 1
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    api.until(lambda: not one_offs(api))


def test_the_dyno_has_a_terminal_unless_it_shall_have_none(cli: HerokuCli) -> None:
    assert cli.ends("run", "--", "tty").out.startswith("/dev/")
    assert cli.ends("run", "--no-tty", "--", "tty").out == "not a tty\n"


def test_an_environment_is_given_along(cli: HerokuCli) -> None:
    said = cli.ends("run", "--no-tty", "--env", "A=1;GREETING=own", "--", "echo $A $GREETING $TERM")
    assert said.out == "1 own dumb\n"


def test_a_client_that_does_not_trust_the_sandbox_says_no_secret(cli: HerokuCli, api: PlatformApi) -> None:
    said = cli.ends("run", "--no-tty", "--", "true", NODE_EXTRA_CA_CERTS=None)
    (waiting,) = [item for item in api.get("+/dynos") if item["type"] == "run"]
    assert (said.status, waiting["state"]) == (1, "starting")
    cli.says("ps:stop", "-d", waiting["name"])
    api.until(lambda: not one_offs(api))


def test_a_one_off_dyno_is_listed_and_can_be_stopped(cli: HerokuCli, api: PlatformApi) -> None:
    cli.says("run:detached", "--", "sleep 300")
    (name,) = one_offs(api)
    assert "=== run: one-off processes (1)" in cli.says("ps")
    cli.says("ps:stop", "-d", name)
    api.until(lambda: not one_offs(api))
