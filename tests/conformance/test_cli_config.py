from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.heroku_cli import HerokuCli
    from conformance.platform_api import PlatformApi


def test_config_shows_what_the_api_has(cli: HerokuCli, api: PlatformApi) -> None:
    assert cli.shows("config") == api.get("+/config-vars")
    text = cli.says("config")
    assert "=== demo-app Config Vars" in text
    assert "GREETING:" in text
    assert "GREETING=hello" in cli.says("config", "--shell")


def test_a_variable_is_set_shown_and_unset_each_in_one_release(cli: HerokuCli, api: PlatformApi) -> None:
    before = api.latest()["version"]
    said = cli.says("config:set", "ONE=1", "TWO=a b=c")
    assert f"Setting ONE, TWO and restarting demo-app... done, v{before + 1}" in said
    api.settled()
    assert api.get("+/config-vars").items() >= {"ONE": "1", "TWO": "a b=c"}.items()
    assert cli.says("config:get", "TWO").strip() == "a b=c"
    assert f"done, v{before + 2}" in cli.says("config:unset", "ONE", "TWO")
    api.settled()
    assert not {"ONE", "TWO"} & api.get("+/config-vars").keys()
    assert [api.latest()["version"], api.latest()["description"]] == [before + 2, "Remove ONE, TWO config vars"]


def test_reads_are_stale_and_the_cli_says_so_while_the_release_command_runs(cli: HerokuCli, api: PlatformApi) -> None:
    api.settings(release_phase_seconds=4.0)
    said = cli.ends("config:set", "GREETING=welcome")
    read = cli.says("config:get", "GREETING").strip()
    assert "Release command executing: this config change will not be available" in said.complaint
    assert read == "hello"
    api.settings(release_phase_seconds=0)
    api.settled()
    assert cli.says("config:get", "GREETING").strip() == "welcome"
    cli.says("config:set", "GREETING=hello")
    api.settled()


def test_a_variable_that_is_not_there_is_an_empty_line_and_no_error(cli: HerokuCli) -> None:
    said = cli.ends("config:get", "NO_SUCH_VARIABLE")
    assert (said.status, said.out) == (0, "\n")


def test_a_variable_of_an_add_on_is_not_overwritten(cli: HerokuCli, api: PlatformApi) -> None:
    before = api.latest()["version"]
    said = cli.ends("config:set", "CLOUDAMQP_URL=amqp://elsewhere")
    assert (said.status, api.latest()["version"]) == (2, before)
    assert "Cannot overwrite attachment values CLOUDAMQP_URL." in said.err
    assert "Error ID: invalid_params" in said.err
