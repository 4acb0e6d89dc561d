from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.heroku_cli import HerokuCli
    from conformance.platform_api import PlatformApi


def ids(api: PlatformApi) -> dict[str, str]:
    return {item["name"]: item["id"] for item in api.get("+/dynos")}


def test_dynos_are_listed_by_process_type(cli: HerokuCli, api: PlatformApi) -> None:
    text = cli.says("ps")
    assert "=== worker (Standard-1X): sleep infinity (1)" in text
    assert "worker.1: up " in text
    assert cli.shows("ps") == api.get("+/dynos")
    assert [item["name"] for item in cli.shows("ps", "worker")] == ["worker.1"]


def test_scaling_by_number_and_by_difference(cli: HerokuCli, api: PlatformApi) -> None:
    assert "now running worker at 2:Standard-1X" in cli.says("ps:scale", "worker=2")
    assert "now running worker at 3:Standard-1X" in cli.says("ps:scale", "worker+1")
    assert set(ids(api)) == {"web.1", "worker.1", "worker.2", "worker.3"}
    assert "web=1:Standard-1X worker=3:Standard-1X" in cli.says("ps:scale")
    cli.says("ps:scale", "worker-2")
    assert api.quantity("worker") == 1
    assert cli.ends("ps:scale", "no-such-type=1").status == 2


def test_a_restart_replaces_what_it_names_and_nothing_else(cli: HerokuCli, api: PlatformApi) -> None:
    first = ids(api)
    assert "Restarting all worker dynos on demo-app... done" in cli.says("ps:restart", "-p", "worker")
    second = ids(api)
    assert (second["web.1"] == first["web.1"], second["worker.1"] == first["worker.1"]) == (True, False)
    cli.says("ps:restart", "-d", "web.1")
    third = ids(api)
    assert (third["web.1"] == second["web.1"], third["worker.1"] == second["worker.1"]) == (False, True)
    assert "Restarting all dynos on demo-app... done" in cli.says("ps:restart")
    assert not set(ids(api).values()) & set(third.values())


def test_stopped_dynos_of_the_formation_come_back(cli: HerokuCli, api: PlatformApi) -> None:
    first = ids(api)
    assert "Stopping dyno worker.1 on demo-app... done" in cli.says("ps:stop", "-d", "worker.1")
    second = ids(api)
    assert "Stopping all worker dynos on demo-app... done" in cli.says("ps:stop", "-p", "worker")
    assert len({first["worker.1"], second["worker.1"], ids(api)["worker.1"]}) == 3


def test_waiting_ends_when_all_dynos_are_on_the_newest_release(cli: HerokuCli, api: PlatformApi) -> None:
    api.settings(boot_seconds=2.0)
    try:
        cli.says("config:set", "GREETING=hi")
        cli.says("ps:wait")
        assert {item["release"]["version"] for item in api.get("+/dynos")} == {api.latest()["version"]}
    finally:
        api.settings(boot_seconds=0.05)
        cli.says("config:set", "GREETING=hello")


def test_an_app_without_dynos_passes_the_wait_of_the_cli_at_once(cli: HerokuCli, api: PlatformApi) -> None:
    api.call("PATCH", "+/formation", {"updates": [{"type": "web", "quantity": 0}, {"type": "worker", "quantity": 0}]})
    try:
        cli.says("ps:wait")
        assert "No dynos on demo-app" in cli.says("ps")
    finally:
        updates = [{"type": "web", "quantity": 1}, {"type": "worker", "quantity": 1}]
        api.call("PATCH", "+/formation", {"updates": updates})
