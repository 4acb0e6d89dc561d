from __future__ import annotations

from typing import Any

import pytest
from sandbox_client import Api, check_refused

pytestmark = pytest.mark.contract


def attach(api: Api, addon: str, name: str | None = None, app: str | None = None, **more: object) -> dict[str, Any]:
    body = {"addon": {"name": addon}, "app": {"name": app or api.address.app}, **more}
    made: dict[str, Any] = api.post("/addon-attachments", body | ({"name": name} if name else {}))
    return made


def first(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("+/addon-attachments/CLOUDAMQP")
    return found


def test_attaching_again_sets_the_same_values_under_another_name_in_one_release(quiet_api: Api) -> None:
    before = quiet_api.latest()
    made = attach(quiet_api, first(quiet_api)["addon"]["name"], "RABBIT")
    config = quiet_api.get("+/config-vars")
    assert config["RABBIT_URL"] == config["CLOUDAMQP_URL"]
    assert quiet_api.descriptions_after(before) == [f"Attach RABBIT (@ref:{made['addon']['name']})"]
    assert quiet_api.get(f"/addon-attachments/{made['id']}") == quiet_api.get("+/addon-attachments/RABBIT") == made


def test_an_attachment_without_a_name_gets_a_colour(quiet_api: Api) -> None:
    assert attach(quiet_api, first(quiet_api)["addon"]["name"])["name"].startswith("CLOUDAMQP_")


def test_the_owners_last_attachment_cannot_be_removed(quiet_api: Api) -> None:
    last = first(quiet_api)
    answer = quiet_api.call("DELETE", f"/addon-attachments/{last['id']}")
    check_refused(answer, 422, "invalid_params", "Cannot destroy last attachment to billing app")
    attach(quiet_api, last["addon"]["name"], "RABBIT", app="second-app")
    assert quiet_api.call("DELETE", f"/addon-attachments/{last['id']}").status_code == 422
    attach(quiet_api, last["addon"]["name"], "RABBIT")
    before = quiet_api.latest()
    assert quiet_api.delete(f"/addon-attachments/{last['id']}")["name"] == "CLOUDAMQP"
    assert quiet_api.descriptions_after(before) == [f"Detach CLOUDAMQP (@ref:{last['addon']['name']})"]
    assert "CLOUDAMQP_URL" not in quiet_api.get("+/config-vars")
    assert "RABBIT_URL" in quiet_api.get("+/config-vars")


def test_replacing_a_name_is_two_releases_with_a_gap_between(quiet_api: Api) -> None:
    old = first(quiet_api)["addon"]["name"]
    new = quiet_api.post("+/addons", {"plan": "cloudamqp:bunny", "attachment": {"name": "NEXT"}})["name"]
    body = {"addon": new, "app": quiet_api.address.app, "name": "CLOUDAMQP"}
    confirmed = body | {"confirm": quiet_api.address.app}
    answer = quiet_api.call("POST", "/addon-attachments", confirmed)
    check_refused(answer, 422, "invalid_params", "last attachment")
    attach(quiet_api, old, "OLD")
    answer = quiet_api.call("POST", "/addon-attachments", body)
    check_refused(answer, 423, "confirmation_required")
    assert answer.headers["X-Confirmation-Required"] == quiet_api.address.app
    before = quiet_api.latest()
    made = quiet_api.post("/addon-attachments", confirmed)
    assert made["addon"]["name"] == new
    assert quiet_api.descriptions_after(before) == [
        f"Detach CLOUDAMQP (@ref:{old})",
        f"Attach CLOUDAMQP (@ref:{new})",
    ]
    assert "CLOUDAMQP_URL" not in quiet_api.get(f"+/releases/{before + 1}/config-vars")
    config = quiet_api.get("+/config-vars")
    assert config["CLOUDAMQP_URL"] == config["NEXT_URL"] != config["OLD_URL"]
    assert quiet_api.call("DELETE", f"+/addons/{old}").status_code == 200
    assert quiet_api.get("+/config-vars")["CLOUDAMQP_URL"] == config["CLOUDAMQP_URL"]


def test_an_add_on_attached_to_another_app_is_removed_by_force_only(quiet_api: Api) -> None:
    addon = first(quiet_api)["addon"]["name"]
    attach(quiet_api, addon, "SHARED", app="second-app")
    assert "SHARED_URL" in quiet_api.get("/apps/second-app/config-vars")
    assert addon in {item["name"] for item in quiet_api.get("/apps/second-app/addons")}
    assert quiet_api.call("DELETE", f"/apps/second-app/addons/{addon}").status_code == 403
    check_refused(quiet_api.call("DELETE", f"+/addons/{addon}"), 422, "invalid_params", "second-app")
    assert quiet_api.get("+/addons")
    quiet_api.delete(f"+/addons/{addon}", {"force": True})
    assert "SHARED_URL" not in quiet_api.get("/apps/second-app/config-vars")
    assert quiet_api.releases("second-app")[-1]["description"] == f"Detach SHARED (@ref:{addon})"


def test_an_app_can_be_made_whose_add_on_is_attached_here(quiet_api: Api) -> None:
    quiet_api.post("/sandbox/apps", {"name": "billing-app", "plan": "tiger"})
    (foreign,) = quiet_api.get("/apps/billing-app/addons")
    attach(quiet_api, foreign["name"], "FOREIGN")
    found = {item["name"]: item["app"]["name"] for item in quiet_api.get("+/addons")}
    assert found[foreign["name"]] == "billing-app"
    assert "billing-app" in {item["name"] for item in quiet_api.get("/apps")}
    attachment = quiet_api.get("+/addon-attachments/FOREIGN")
    assert attachment["addon"]["app"]["name"] == "billing-app"
    assert quiet_api.delete(f"/addon-attachments/{attachment['id']}")
    quiet_api.post("/sandbox/apps", {"name": "third-app", "attach": foreign["name"], "as": "BORROWED"})
    assert "BORROWED_URL" in quiet_api.get("/apps/third-app/config-vars")


def test_a_release_phase_runs_for_each_half_of_a_replacement(quiet_api: Api) -> None:
    old = first(quiet_api)["addon"]["name"]
    new = quiet_api.post("+/addons", {"plan": "cloudamqp:bunny", "attachment": {"name": "NEXT"}})["name"]
    attach(quiet_api, old, "OLD")
    quiet_api.settings(release_phase_seconds=0.4)
    attach(quiet_api, new, "CLOUDAMQP", confirm=quiet_api.address.app)
    assert [item["status"] for item in quiet_api.releases()[-2:]] == ["pending", "pending"]
    assert quiet_api.get("+/config-vars")["CLOUDAMQP_URL"] == quiet_api.get("+/config-vars")["OLD_URL"]
    quiet_api.wait(lambda: "CLOUDAMQP_URL" not in quiet_api.get("+/config-vars"))
    quiet_api.settled()
    assert quiet_api.get("+/config-vars")["CLOUDAMQP_URL"] == quiet_api.get("+/config-vars")["NEXT_URL"]


@pytest.mark.parametrize("survives", [True, False])
def test_a_replacement_whose_attach_fails_leaves_the_app_without_the_variable(quiet_api: Api, survives: bool) -> None:  # noqa: FBT001
    old = first(quiet_api)["addon"]["name"]
    new = quiet_api.post("+/addons", {"plan": "cloudamqp:bunny", "attachment": {"name": "NEXT"}})["name"]
    attach(quiet_api, old, "OLD")
    quiet_api.settings(release_phase_fails_for="Attach CLOUDAMQP *", failed_changes_survive=survives)
    before = quiet_api.latest()
    attach(quiet_api, new, "CLOUDAMQP", confirm=quiet_api.address.app)
    quiet_api.wait(lambda: [item["status"] for item in quiet_api.releases()[before:]] == ["succeeded", "failed"])
    assert quiet_api.get("+/addon-attachments/CLOUDAMQP")["addon"]["name"] == new
    assert "CLOUDAMQP_URL" not in quiet_api.get("+/config-vars")
    quiet_api.patch("+/config-vars", {"NEXT_RELEASE": str(before)})
    assert ("CLOUDAMQP_URL" in quiet_api.get("+/config-vars")) is survives
    quiet_api.settings(release_phase_fails_for="")
    attach(quiet_api, new, "CLOUDAMQP", confirm=quiet_api.address.app)
    config = quiet_api.get("+/config-vars")
    assert config["CLOUDAMQP_URL"] == config["NEXT_URL"]


def test_bad_names_are_refused(quiet_api: Api) -> None:
    body = {"addon": first(quiet_api)["addon"]["name"], "app": quiet_api.address.app, "name": "no-good"}
    check_refused(quiet_api.call("POST", "/addon-attachments", body), 422, "invalid_params")
    check_refused(quiet_api.call("POST", "/addon-attachments", body | {"addon": "none"}), 404, "not_found")
    check_refused(quiet_api.call("POST", "/addon-attachments", body | {"app": "none"}), 404, "not_found")
