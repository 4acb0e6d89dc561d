from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.heroku_cli import HerokuCli
    from conformance.platform_api import PlatformApi


def test_releases_are_listed_newest_first(cli: HerokuCli, api: PlatformApi) -> None:
    shown = cli.shows("releases", "-n", "3")
    assert shown == api.get("+/releases")[:-4:-1]
    text = cli.says("releases")
    assert f"=== demo-app Releases - Current: v{api.latest()['version']}" in text
    assert api.latest()["description"] in text


def test_a_release_is_shown_with_its_config(cli: HerokuCli, api: PlatformApi) -> None:
    (deploy,) = [item for item in api.get("+/releases") if item["description"].startswith("Deploy ")]
    text = " ".join(cli.says("releases:info", f"v{deploy['version']}").split())
    assert f"=== Release v{deploy['version']}" in text
    for line in ("Add-ons: cloudamqp:lemur", "By: operator@example.com", "GREETING: hello"):
        assert line in text
    assert cli.shows("releases:info", f"v{deploy['version']}") == deploy
    assert cli.ends("releases:info", "v99999").status == 2


def test_the_output_of_the_release_command_is_shown(cli: HerokuCli, api: PlatformApi) -> None:
    cli.says("config:set", "GREETING=dear")
    api.settled()
    assert cli.says("releases:output").strip() == "checks before dear"
    cli.says("config:set", "GREETING=hello")
    api.settled()


def test_the_output_is_streamed_while_the_command_runs(cli: HerokuCli, api: PlatformApi) -> None:
    api.settings(release_phase_seconds=3.0)
    cli.says("config:set", "GREETING=soon")
    said = cli.ends("releases:output")
    assert (said.status, "Release command not started yet" in said.err) == (0, True)
    api.settings(release_phase_seconds=0)
    api.settled()
    cli.says("config:set", "GREETING=hello")
    api.settled()


def test_a_release_without_a_phase_has_no_output(cli: HerokuCli, api: PlatformApi) -> None:
    (provisioned,) = [item for item in api.get("+/releases")[:6] if "completed provisioning" in item["description"]]
    assert "has no release output available" in cli.says("releases:output", str(provisioned["version"]))


def test_rolling_back_restores_config_and_leaves_add_ons(cli: HerokuCli, api: PlatformApi) -> None:
    old = api.latest()["version"]
    cli.says("config:set", "GREETING=other")
    api.settled()
    said = cli.says("releases:rollback", f"v{old}")
    assert f"Rolling back demo-app to v{old}... done, v{old + 2}" in said
    assert "it doesn't add or remove" in said
    api.settled()
    assert api.get("+/config-vars")["GREETING"] == "hello"
    assert len(api.addon_names()) == 1


def test_a_release_is_tried_again(cli: HerokuCli, api: PlatformApi) -> None:
    last = api.latest()
    cli.says("releases:retry")
    api.settled()
    assert api.latest()["description"] == f"Retry of v{last['version']}: {last['description']}"
    assert api.latest()["slug"] == last["slug"]
