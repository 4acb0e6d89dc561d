from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.heroku_cli import HerokuCli
    from conformance.platform_api import PlatformApi

PROMPT = "To proceed, type demo-app"


def test_add_ons_are_listed_with_their_attachments(cli: HerokuCli, api: PlatformApi) -> None:
    (shown,) = cli.shows("addons")
    (addon,) = api.get("+/addons")
    assert (shown["id"], shown["plan"]["name"], shown["plan"]["price"]["cents"]) == (
        addon["id"],
        "cloudamqp:lemur",
        0,
    )
    assert [item["name"] for item in shown["attachments"]] == ["CLOUDAMQP"]
    words = cli.says("addons").split()
    assert {"(" + addon["name"] + ")", "lemur", "free", "created", "CLOUDAMQP"} <= set(words)
    assert [item["id"] for item in cli.shows("addons", "--all")] == [item["id"] for item in api.get("/addons")]


def test_an_add_on_is_found_by_the_name_of_its_attachment(cli: HerokuCli, api: PlatformApi) -> None:
    text = cli.says("addons:info", "CLOUDAMQP")
    assert f"=== {api.get('+/addons')[0]['name']}" in text
    for line in ("Plan: cloudamqp:lemur", "Attachments: demo-app::CLOUDAMQP", "State: created"):
        assert line in " ".join(text.split())
    assert cli.ends("addons:info", "NO_SUCH_ADD_ON").status == 2


def test_services_and_plans_are_those_of_the_api(cli: HerokuCli, api: PlatformApi) -> None:
    assert cli.shows("addons:services") == api.get("/addon-services")
    shown = {item["name"]: item["price"] for item in cli.shows("addons:plans", "cloudamqp")}
    assert shown == {item["name"]: item["price"] for item in api.get("/addon-services/cloudamqp/plans")}
    assert "$99/month" in cli.says("addons:plans", "cloudamqp")


@pytest.mark.parametrize("provisioning", ["sync", "async"])
def test_an_add_on_lives_from_create_to_destroy(
    cli: HerokuCli, api: PlatformApi, name: str, provisioning: str
) -> None:
    api.settings(provisioning=provisioning)
    said = cli.says("addons:create", "cloudamqp:tiger", "--as", "QUEUE", "--name", name, "--wait")
    assert f"Created {name} as QUEUE_URL, QUEUE_APIKEY" in said
    api.settled()
    assert api.get(f"/addons/{name}")["state"] == "provisioned"
    assert "QUEUE_URL" in api.get("+/config-vars")

    assert "from cloudamqp:tiger to cloudamqp:lemur... done" in cli.says("addons:upgrade", name, "cloudamqp:lemur")
    assert api.get(f"/addons/{name}")["plan"]["name"] == "cloudamqp:lemur"
    assert f"Attaching {name} as SPARE to demo-app... done" in cli.says("addons:attach", name, "--as", "SPARE")
    api.settled()
    assert "SPARE_URL" in api.get("+/config-vars")
    assert f"Detaching SPARE to {name} from demo-app... done" in cli.says("addons:detach", "SPARE")
    api.settled()
    assert "SPARE_URL" not in api.get("+/config-vars")

    said = cli.says("addons:destroy", name, "--confirm", "demo-app", "--wait")
    assert name not in api.addon_names()
    assert ("pending" in said) == (provisioning == "async")
    api.settled()
    assert "QUEUE_URL" not in api.get("+/config-vars")
    assert api.latest()["addon_plan_names"] == ["cloudamqp:lemur"]


def test_waiting_ends_when_everything_is_provisioned(cli: HerokuCli, api: PlatformApi, name: str) -> None:
    api.settings(provisioning="async")
    said = cli.says("addons:create", "cloudamqp:lemur", "--name", name)
    assert f"{name} is being created in the background" in said
    assert "Created" in cli.says("addons:wait") or api.get(f"/addons/{name}")["state"] == "provisioned"
    assert api.get(f"/addons/{name}")["state"] == "provisioned"
    assert cli.says("addons:wait").strip() == ""


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["addons:create", "cloudamqp:bunnny"], "Couldn't find either the add-on service or the add-on plan of"),
        (["addons:upgrade", "CLOUDAMQP", "cloudamqp:bunny"], "Please create a new instance."),
        (["addons:detach", "CLOUDAMQP"], "Cannot destroy last attachment to billing app for resource"),
    ],
)
def test_what_cloudamqp_and_heroku_refuse(cli: HerokuCli, api: PlatformApi, words: list[str], reason: str) -> None:
    before = api.get("+/addons"), api.latest()
    said = cli.ends(*words)
    assert said.status == 2
    assert reason in said.complaint
    assert "Error ID: invalid_params" in said.complaint
    assert (api.get("+/addons"), api.latest()) == before


def test_destroying_for_another_app_than_the_one_confirmed_is_refused(cli: HerokuCli, api: PlatformApi) -> None:
    said = cli.ends("addons:destroy", "CLOUDAMQP", "--confirm", "another-app")
    assert (said.status, "did not match demo-app. Aborted." in said.err) == (1, True)
    assert len(api.addon_names()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["addons:destroy", "CLOUDAMQP"],
        ["addons:create", "cloudamqp:lemur", "--as", "CLOUDAMQP"],
    ],
)
def test_a_question_that_nobody_can_answer_does_nothing_and_exits_with_0(
    cli: HerokuCli, api: PlatformApi, words: list[str]
) -> None:
    before = api.get("+/addons")
    said = cli.ends(*words)
    assert (said.status, PROMPT in said.all) == (0, True)
    assert api.get("+/addons") == before


def test_the_answer_to_the_question_is_taken_from_a_pipe(cli: HerokuCli, api: PlatformApi) -> None:
    (before,) = api.get("+/addons")
    cli.says("addons:create", "cloudamqp:lemur", "--name", f"{before['name']}-2", typed="demo-app\n")
    assert len(api.addon_names()) == 2


def test_a_creation_whose_reply_is_lost_is_sent_again_up_to_six_times(cli: HerokuCli, api: PlatformApi) -> None:
    api.fault("POST", ".*/addons", kind="lose-reply", count=6)
    said = cli.ends("addons:create", "cloudamqp:lemur")
    assert (said.status, "ECONNRESET" in said.err) == (1, True)
    assert len(api.addon_names()) == 7


def test_a_creation_with_a_name_of_its_own_is_done_once_though_it_ends_with_an_error(
    cli: HerokuCli, api: PlatformApi, name: str
) -> None:
    api.fault("POST", ".*/addons", kind="lose-reply")
    said = cli.ends("addons:create", "cloudamqp:lemur", "--name", name)
    assert (said.status, "Name is already taken" in said.err) == (2, True)
    assert name in api.addon_names()
    assert len(api.addon_names()) == 2


def test_an_upgrade_that_never_arrives_is_reported_as_done(cli: HerokuCli, api: PlatformApi) -> None:
    api.fault("PATCH", ".*/addons/.*", kind="drop", count=6)
    said = cli.ends("addons:upgrade", "CLOUDAMQP", "cloudamqp:tiger")
    assert (said.status, "done" in said.all) == (0, True)
    assert api.get("+/addons")[0]["plan"]["name"] == "cloudamqp:lemur"


def test_an_error_of_the_api_is_not_sent_again(cli: HerokuCli, api: PlatformApi) -> None:
    api.fault("POST", ".*/addons", status=503)
    said = cli.ends("addons:create", "cloudamqp:lemur")
    assert (said.status, "Error ID: unavailable" in said.err) == (2, True)
    assert len(api.addon_names()) == 1
