from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.heroku_cli import HerokuCli
    from conformance.platform_api import PlatformApi


def test_who_am_i(cli: HerokuCli) -> None:
    assert "operator@example.com" in cli.says("auth:whoami")
    assert cli.says("auth:token").splitlines()[0] == cli.token


def test_a_wrong_token_is_refused(cli: HerokuCli) -> None:
    said = cli.as_("HRKU-wrong").ends("apps")
    assert said.status != 0
    assert "HRKU-wrong" not in said.all


def test_apps_are_listed(cli: HerokuCli, api: PlatformApi) -> None:
    assert cli.shows("apps") == api.get("/apps")
    assert "=== operator@example.com Apps" in cli.says("apps")
    assert cli.shows("apps", "--all") == api.get("/apps")


def test_an_app_is_shown_with_all_that_belongs_to_it(cli: HerokuCli, api: PlatformApi) -> None:
    text = cli.says("apps:info")
    for line in ("Addons: cloudamqp:lemur", "Dynos: web: 1, worker: 1", "Owner: operator@example.com", "Region: us"):
        assert line in " ".join(text.split())
    shown = cli.shows("apps:info")
    assert shown["app"]["id"] == api.get("+")["id"]
    assert [item["name"] for item in shown["addons"]] == sorted(api.addon_names())
    assert {item["name"] for item in shown["dynos"]} == {"web.1", "worker.1"}


def test_an_app_is_made_and_destroyed(cli: HerokuCli, api: PlatformApi, name: str) -> None:
    options = ("--region", "eu", "--stack", "heroku-22", "--addons", "cloudamqp:lemur", "--no-remote")
    said = cli.says("apps:create", name, *options, HEROKU_APP=None)
    assert f"Creating {name}... done, region is eu, stack is heroku-22" in said
    made = api.get(f"/apps/{name}")
    assert (made["region"]["name"], made["stack"]["name"]) == ("eu", "heroku-22")
    assert [item["plan"]["name"] for item in api.get(f"/apps/{name}/addons")] == ["cloudamqp:lemur"]
    assert cli.ends("apps:destroy", name, "--confirm", "another").status == 1
    said = cli.says("apps:destroy", name, "--confirm", name)
    assert f"Destroying {name} (including all add-ons)... done" in said
    assert name not in {item["name"] for item in api.get("/apps")}
    assert cli.ends("apps:info", "--app", name).status == 2


def test_an_app_without_a_name_gets_one_unless_a_default_app_is_set(cli: HerokuCli, api: PlatformApi) -> None:
    made = cli.shows("apps:create", HEROKU_APP=None)
    assert made["name"] in {item["name"] for item in api.get("/apps")}
    cli.says("apps:destroy", made["name"], "--confirm", made["name"])
    said = cli.ends("apps:create")
    assert (said.status, "Name demo-app is already taken" in said.err) == (2, True)


def test_maintenance_is_switched_without_a_release(cli: HerokuCli, api: PlatformApi) -> None:
    before = api.latest()["version"]
    assert "Enabling maintenance mode for demo-app... done" in cli.says("maintenance:on")
    assert api.get("+")["maintenance"] is True
    assert cli.says("maintenance").strip() == "on"
    cli.says("maintenance:off")
    assert (api.get("+")["maintenance"], api.latest()["version"]) == (False, before)


def test_features_are_listed_and_switched(cli: HerokuCli, api: PlatformApi) -> None:
    assert cli.shows("features") == api.get("+/features")
    assert "Enabling preboot for demo-app... done" in cli.says("features:enable", "preboot")
    assert cli.shows("features:info", "preboot")["enabled"] is True
    cli.says("features:disable", "preboot")
    assert api.get("+/features/preboot")["enabled"] is False
    assert cli.ends("features:info", "no-such-feature").status == 2


def test_there_are_no_teams_and_pipelines(cli: HerokuCli) -> None:
    assert cli.shows("teams") == []
    assert cli.shows("pipelines") == []
