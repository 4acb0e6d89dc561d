from __future__ import annotations

import functools
import time
from typing import Any

import pytest
from sandbox_client import Api, check_refused

pytestmark = pytest.mark.contract


def only_addon(api: Api) -> dict[str, Any]:
    (addon,) = api.get("+/addons")
    found: dict[str, Any] = addon
    return found


def order(api: Api, plan: str = "cloudamqp:tiger", **body: object) -> dict[str, Any]:
    made: dict[str, Any] = api.post("+/addons", {"plan": plan, **body})
    return made


def test_an_add_on_has_the_fields_of_the_platform(quiet_api: Api) -> None:
    addon = only_addon(quiet_api)
    assert addon["config_vars"] == ["CLOUDAMQP_URL", "CLOUDAMQP_APIKEY"]
    assert addon["billing_entity"] == {**addon["app"], "type": "app"}
    assert addon["plan"].keys() == {"id", "name"}
    expanded = quiet_api.get(f"+/addons/{addon['name']}", Accept_Expansion="addon_service, plan")
    assert expanded["plan"]["price"] == {"cents": 0, "contract": False, "unit": "month"}
    assert expanded["addon_service"]["supports_multiple_installations"]
    assert quiet_api.get(f"/addons/{addon['id']}")["name"] == addon["name"]
    assert quiet_api.get("+/addons/CLOUDAMQP")["id"] == addon["id"]
    assert {item["name"]: item["value"] for item in quiet_api.get(f"/addons/{addon['id']}/config")}["URL"] == (
        quiet_api.get("+/config-vars")["CLOUDAMQP_URL"]
    )


def test_creating_one_is_two_releases(quiet_api: Api) -> None:
    before = quiet_api.latest()
    made = order(quiet_api, name="my-new-broker", attachment={"name": "NEXT"})
    assert (made["name"], made["state"], made["config_vars"]) == (
        "my-new-broker",
        "provisioned",
        ["NEXT_URL", "NEXT_APIKEY"],
    )
    assert quiet_api.descriptions_after(before) == [
        "Attach NEXT (@ref:my-new-broker)",
        "@ref:my-new-broker completed provisioning, setting NEXT_URL, NEXT_APIKEY.",
    ]
    assert "NEXT_URL" not in quiet_api.get(f"+/releases/{before + 1}/config-vars")
    assert quiet_api.get(f"+/releases/{before + 2}/config-vars") == quiet_api.get("+/config-vars")


def test_asynchronous_provisioning_shows_nothing_before_it_is_done(quiet_api: Api) -> None:
    quiet_api.settings(provisioning="async", provision_seconds=0.5)
    before = quiet_api.latest()
    made = order(quiet_api, name="slow-one")
    assert (made["state"], made["config_vars"]) == ("provisioning", [])
    assert quiet_api.descriptions_after(before) == [f"Attach {attachment_of(quiet_api, 'slow-one')} (@ref:slow-one)"]
    assert set(quiet_api.get("+/config-vars")) >= {"CLOUDAMQP_URL"}
    assert not [
        name for name in quiet_api.get("+/config-vars") if name.startswith("CLOUDAMQP_") and name.count("_") > 1
    ]
    quiet_api.wait(lambda: quiet_api.get("/addons/slow-one")["state"] == "provisioned")
    assert len(quiet_api.descriptions_after(before)) == 2
    assert set(quiet_api.get("/addons/slow-one")["config_vars"]) < set(quiet_api.get("+/config-vars"))


def attachment_of(api: Api, addon: str) -> str:
    (found,) = api.get(f"/addons/{addon}/addon-attachments")
    name: str = found["name"]
    return name


def test_config_vars_may_lag_behind_provisioned(quiet_api: Api) -> None:
    quiet_api.settings(config_lag_seconds=0.5)
    before = quiet_api.latest()
    made = order(quiet_api, attachment={"name": "LAGGING"})
    assert made["state"] == "provisioned"
    assert made["config_vars"] == ["LAGGING_URL", "LAGGING_APIKEY"]
    assert "LAGGING_URL" not in quiet_api.get("+/config-vars")
    quiet_api.wait(lambda: "LAGGING_URL" in quiet_api.get("+/config-vars"))
    assert quiet_api.latest() == before + 2


def test_a_second_add_on_gets_a_colour(quiet_api: Api) -> None:
    made = order(quiet_api)
    name = attachment_of(quiet_api, made["name"])
    assert name.startswith("CLOUDAMQP_")
    assert made["config_vars"] == [f"{name}_URL", f"{name}_APIKEY"]


def test_a_name_in_use_is_refused(quiet_api: Api) -> None:
    before = quiet_api.latest()
    check_refused(
        quiet_api.call("POST", "+/addons", {"plan": "cloudamqp:tiger", "name": only_addon(quiet_api)["name"]}),
        422,
        "invalid_params",
        "taken",
    )
    check_refused(
        quiet_api.call("POST", "+/addons", {"plan": "cloudamqp:tiger", "name": "no name"}),
        422,
        "invalid_params",
    )
    assert quiet_api.latest() == before


def test_two_orders_of_one_name_at_once_make_one_add_on(quiet_api: Api) -> None:
    quiet_api.settings(provisioning="async")
    assert quiet_api.call("POST", "+/addons", {"plan": "tiger", "name": "twin"}).status_code == 201
    assert quiet_api.call("POST", "+/addons", {"plan": "tiger", "name": "twin"}).status_code == 422
    quiet_api.wait(lambda: quiet_api.get("/addons/twin")["state"] == "provisioned")


def test_an_attachment_name_in_use_must_be_confirmed(quiet_api: Api) -> None:
    spare = order(quiet_api, attachment={"name": "SPARE"})
    body = {"plan": "cloudamqp:tiger", "attachment": {"name": "SPARE"}}
    for confirm in ({}, {"confirm": "nope"}):
        answer = quiet_api.call("POST", "+/addons", body | confirm)
        check_refused(answer, 423, "confirmation_required")
    assert answer.headers["X-Confirmation-Required"] == quiet_api.address.app
    confirmed = body | {"confirm": quiet_api.address.app}
    answer = quiet_api.call("POST", "+/addons", confirmed)
    check_refused(answer, 422, "invalid_params", "Cannot destroy last attachment")
    quiet_api.post("/addon-attachments", {"addon": spare["name"], "app": quiet_api.address.app, "name": "SPARE_TWO"})
    before = quiet_api.latest()
    made = quiet_api.post("+/addons", confirmed)
    assert [item.split()[0] for item in quiet_api.descriptions_after(before)] == [
        "Detach",
        "Attach",
        f"@ref:{made['name']}",
    ]


def test_a_config_var_in_the_way_must_be_confirmed(quiet_api: Api) -> None:
    quiet_api.patch("+/config-vars", {"MINE_URL": "amqp://elsewhere"})
    body = {"plan": {"name": "cloudamqp:tiger"}, "attachment": {"name": "MINE"}}
    check_refused(quiet_api.call("POST", "+/addons", body), 423, "confirmation_required")
    assert quiet_api.get("+/config-vars")["MINE_URL"] == "amqp://elsewhere"
    quiet_api.post("+/addons", body | {"confirm": quiet_api.address.app})
    assert "@127.0.0.1:" in quiet_api.get("+/config-vars")["MINE_URL"]


@pytest.mark.parametrize("plan", ["cloudamqp:cat", "other:lemur", "nothing", "", None])
def test_an_unknown_plan_is_refused(quiet_api: Api, plan: str | None) -> None:
    check_refused(quiet_api.call("POST", "+/addons", {"plan": plan}), 422, "invalid_params")


def test_the_list_of_plans_can_be_chosen(quiet_api: Api) -> None:
    current = {"name": "bunny-1", "human_name": "Big Bunny", "usd_per_month": 99}
    retired = {"name": "bunny", "human_name": "Big Bunny", "usd_per_month": 99, "orderable": False}
    quiet_api.settings(plans=[current, retired])
    assert [plan["name"] for plan in quiet_api.get("/addon-services/cloudamqp/plans")] == [
        "cloudamqp:bunny",
        "cloudamqp:bunny-1",
    ]
    answer = quiet_api.call("POST", "+/addons", {"plan": "cloudamqp:bunny"})
    check_refused(answer, 422, "invalid_params", "no longer available")
    check_refused(quiet_api.call("POST", "+/addons", {"plan": "cloudamqp:tiger"}), 422, "invalid_params")


def test_removing_one_takes_its_variables_in_a_release(quiet_api: Api) -> None:
    addon, before = only_addon(quiet_api), quiet_api.latest()
    answer = quiet_api.call("DELETE", f"+/addons/{addon['id']}", {"force": False})
    assert (answer.status_code, answer.json()["state"]) == (200, "deprovisioned")
    assert quiet_api.descriptions_after(before) == [f"Detach CLOUDAMQP (@ref:{addon['name']})"]
    assert not [name for name in quiet_api.get("+/config-vars") if name.startswith("CLOUDAMQP")]
    assert quiet_api.get("+/addon-attachments") == []
    check_refused(quiet_api.call("GET", f"/addons/{addon['name']}"), 404, "not_found")
    made = order(quiet_api, "cloudamqp:bunny", name=addon["name"])
    assert made["config_vars"] == ["CLOUDAMQP_URL", "CLOUDAMQP_APIKEY"]


def test_asynchronous_removal_is_accepted_then_gone(quiet_api: Api) -> None:
    quiet_api.settings(provisioning="async", deprovision_seconds=0.5)
    addon = only_addon(quiet_api)
    answer = quiet_api.call("DELETE", f"+/addons/{addon['id']}")
    assert (answer.status_code, answer.json()["state"]) == (202, "deprovisioning")
    assert "CLOUDAMQP_URL" not in quiet_api.get("+/config-vars")
    assert only_addon(quiet_api)["state"] == "deprovisioning"
    check_refused(quiet_api.call("POST", "+/addons", {"plan": "tiger", "name": addon["name"]}), 422, "invalid_params")
    check_refused(quiet_api.call("DELETE", f"+/addons/{addon['id']}"), 422, "invalid_params")
    quiet_api.wait(lambda: quiet_api.call("GET", f"/addons/{addon['id']}").status_code == 404)


def test_an_add_on_that_is_removed_while_it_is_made_stays_gone(quiet_api: Api) -> None:
    quiet_api.settings(provisioning="async", provision_seconds=0.3, deprovision_seconds=0.1)
    order(quiet_api, name="short-lived", attachment={"name": "SHORT"})
    quiet_api.delete("+/addons/short-lived")
    time.sleep(0.6)
    assert "SHORT_URL" not in quiet_api.get("+/config-vars")
    check_refused(quiet_api.call("GET", "/addons/short-lived"), 404, "not_found")


def test_provisioning_can_fail_both_ways(quiet_api: Api) -> None:
    quiet_api.settings(provision_fails=True)
    before = quiet_api.latest()
    answer = quiet_api.call("POST", "+/addons", {"plan": "cloudamqp:tiger", "name": "failing"})
    check_refused(answer, 422, "invalid_params", "error from the add-on provider")
    assert (quiet_api.latest(), len(quiet_api.get("+/addon-attachments"))) == (before, 1)
    quiet_api.settings(provisioning="async", provision_seconds=0.1)
    order(quiet_api, name="failing")
    quiet_api.wait(lambda: quiet_api.call("GET", "/addons/failing").status_code == 404)
    assert len(quiet_api.get("+/addon-attachments")) == 1


@pytest.mark.parametrize(
    ("old", "new", "done"),
    [
        ("lemur", "tiger", True),
        ("tiger", "lemur", True),
        ("bunny-1", "rabbit-1", True),
        ("lemur", "bunny", False),
        ("squirrel-1", "lemur", False),
        ("lemming", "ermine", True),
        ("puffin-1", "penguin-1", True),
        ("puffin-1", "lemming", False),
        ("lemur", "ermine", False),
        ("bunny-1", "penguin-1", False),
        ("lemming", "bunny-1", False),
    ],
)
def test_a_plan_changes_in_place_within_its_kind_only(quiet_api: Api, old: str, new: str, done: bool) -> None:  # noqa: FBT001
    addon = order(quiet_api, old, attachment={"name": "MOVING"})
    url, before = quiet_api.get("+/config-vars")["MOVING_URL"], quiet_api.latest()
    answer = quiet_api.call("PATCH", f"+/addons/{addon['name']}", {"plan": {"name": f"cloudamqp:{new}"}})
    if done:
        assert answer.json()["plan"]["name"] == f"cloudamqp:{new}"
        assert quiet_api.descriptions_after(before) == ["Update MOVING by cloudamqp"]
    else:
        check_refused(answer, 422, "invalid_params", "Please create a new instance")
        assert quiet_api.get(f"/addons/{addon['name']}")["plan"]["name"] == f"cloudamqp:{old}"
        assert quiet_api.latest() == before
    assert quiet_api.get("+/config-vars")["MOVING_URL"] == url


def test_the_same_plan_again_is_no_change(quiet_api: Api) -> None:
    before = quiet_api.latest()
    assert quiet_api.patch("+/addons/CLOUDAMQP", {"plan": "cloudamqp:lemur"})["plan"]["name"] == "cloudamqp:lemur"
    assert quiet_api.latest() == before
    check_refused(quiet_api.call("PATCH", "+/addons/CLOUDAMQP", {"plan": "cloudamqp:cat"}), 422, "invalid_params")


def test_lavinmq_moves_from_shared_to_dedicated_in_place_and_its_host_changes(quiet_api: Api) -> None:
    quiet_api.settings(in_place_releases=False)
    addon = order(quiet_api, "lemming", attachment={"name": "MOVING"})
    quiet_api.post("/addon-attachments", {"addon": addon["name"], "app": "second-app", "name": "SHARED"})
    url, before = quiet_api.get("+/config-vars")["MOVING_URL"], quiet_api.latest()
    assert quiet_api.patch(f"+/addons/{addon['name']}", {"plan": "puffin-1"})["plan"]["name"] == "cloudamqp:puffin-1"
    moved = quiet_api.get("+/config-vars")["MOVING_URL"]
    assert moved == url.replace("127.0.0.1", "localhost") != url
    assert quiet_api.descriptions_after(before) == ["Update MOVING by cloudamqp"]
    assert quiet_api.get("/apps/second-app/config-vars")["SHARED_URL"] == moved


def test_a_plan_change_that_leaves_the_url_makes_no_release_when_so_chosen(quiet_api: Api) -> None:
    quiet_api.settings(in_place_releases=False)
    addon = order(quiet_api, "bunny-1")
    before = quiet_api.latest()
    assert quiet_api.patch(f"+/addons/{addon['name']}", {"plan": "rabbit-1"})["plan"]["name"] == "cloudamqp:rabbit-1"
    assert quiet_api.latest() == before


def is_taken(api: Api, path: str, body: dict[str, str]) -> bool:
    return api.call("PATCH", path, body).ok


def test_an_add_on_takes_no_plan_change_until_it_is_configured(quiet_api: Api) -> None:
    quiet_api.settings(configuring_seconds=0.5)
    path = f"+/addons/{order(quiet_api, 'bunny-1')['name']}"
    for plan in ("rabbit-1", "ape-1"):  # made a moment ago, then changed a moment ago
        body = {"plan": plan}
        check_refused(quiet_api.call("PATCH", path, body), 422, "invalid_params", "cluster to be configured before")
        quiet_api.wait(functools.partial(is_taken, quiet_api, path, body))
        assert quiet_api.get(path)["plan"]["name"] == f"cloudamqp:{plan}"


def test_a_second_add_on_is_refused_where_the_service_is_sold_once_an_app(quiet_api: Api) -> None:
    quiet_api.settings(supports_multiple_installations=False)
    assert quiet_api.get("/addon-services/cloudamqp")["supports_multiple_installations"] is False
    before = quiet_api.latest()
    check_refused(quiet_api.call("POST", "+/addons", {"plan": "bunny"}), 422, "invalid_params", "once only")
    assert quiet_api.latest() == before
    made = quiet_api.post("/apps/second-app/addons", {"plan": "bunny"})
    quiet_api.delete(f"/apps/second-app/addons/{made['id']}")
    quiet_api.delete("+/addons/CLOUDAMQP")
    order(quiet_api, "bunny")


def test_names_are_resolved(quiet_api: Api) -> None:
    addon = only_addon(quiet_api)
    for name in ("CLOUDAMQP", addon["name"], addon["id"], f"{quiet_api.address.app}::CLOUDAMQP"):
        (found,) = quiet_api.post("/actions/addons/resolve", {"addon": name, "app": quiet_api.address.app})
        assert found["id"] == addon["id"]
    check_refused(
        quiet_api.call("POST", "/actions/addons/resolve", {"addon": "none", "app": quiet_api.address.app}),
        404,
        "not_found",
    )
    (attachment,) = quiet_api.post("/actions/addon-attachments/resolve", {"addon_attachment": "CLOUDAMQP"})
    assert attachment["addon"]["name"] == addon["name"]
