from __future__ import annotations

import pytest
from sandbox_client import Api, check_refused

pytestmark = pytest.mark.contract


def test_an_app_is_made_without_code_and_removed_with_its_add_ons(quiet_api: Api) -> None:
    made = quiet_api.post("/apps", {"name": "new-app", "region": "eu", "stack": "heroku-22"})
    assert (made["region"]["name"], made["stack"]["name"], made["maintenance"]) == ("eu", "heroku-22", False)
    assert [item["description"] for item in quiet_api.releases("new-app")] == ["Initial release", "Enable Logplex"]
    assert quiet_api.get("/apps/new-app/dynos") == []
    addon = quiet_api.post("/apps/new-app/addons", {"plan": "cloudamqp:lemur"})
    body = {"addon": addon["name"], "app": quiet_api.address.app, "name": "THEIRS"}
    quiet_api.post("/addon-attachments", body)

    assert quiet_api.delete("/apps/new-app")["id"] == made["id"]
    for path in ("/apps/new-app", f"/addons/{addon['id']}"):
        check_refused(quiet_api.call("GET", path), 404, "not_found")
    assert "THEIRS_URL" not in quiet_api.get("+/config-vars")
    assert quiet_api.get("/users/~/apps") == quiet_api.get("/apps")
    quiet_api.post("/apps", {"name": "new-app"})
    assert len(quiet_api.releases("new-app")) == 2
    quiet_api.delete("/apps/new-app")


def test_an_app_goes_while_a_release_of_it_is_pending(quiet_api: Api) -> None:
    quiet_api.post("/apps", {"name": "busy-app"})
    quiet_api.post("/sandbox/releases", {"app": "busy-app", "status": "pending"})
    quiet_api.settings(provisioning="async")
    quiet_api.post("/apps/busy-app/addons", {"plan": "cloudamqp:lemur", "name": "busy-addon"})
    quiet_api.delete("/apps/busy-app")
    quiet_api.wait(lambda: quiet_api.call("GET", "/addons/busy-addon").status_code == 404)
    assert "busy-app" not in quiet_api.get("/sandbox")["apps"]


@pytest.mark.parametrize("name", ["Upper", "x", "1st-app", "ends-with-", "a" * 31, "second-app"])
def test_a_name_that_is_not_allowed_or_taken_is_refused(quiet_api: Api, name: str) -> None:
    check_refused(quiet_api.call("POST", "/apps", {"name": name}), 422, "invalid_params", "Name")


def test_an_app_without_a_name_gets_one(quiet_api: Api) -> None:
    name = quiet_api.post("/apps")["name"]
    assert name.count("-") == 2
    quiet_api.delete(f"/apps/{name}")


def test_the_app_that_the_sandbox_was_made_for_stays(quiet_api: Api) -> None:
    check_refused(quiet_api.call("DELETE", "+"), 422, "invalid_params", "sandbox down")
    assert quiet_api.get("+")["name"] == quiet_api.address.app


def test_what_the_sandbox_cannot_change_is_refused_and_not_passed_over(quiet_api: Api) -> None:
    check_refused(
        quiet_api.call("PATCH", "+", {"name": "other-name"}), 422, "invalid_params", "cannot change the name"
    )


def test_there_are_no_teams_spaces_and_pipelines(quiet_api: Api) -> None:
    for kind in ("teams", "spaces", "pipelines"):
        assert quiet_api.get(f"/{kind}") == []
        check_refused(quiet_api.call("GET", f"/{kind}/ours/apps"), 404, "not_found", f"that {kind[:-1]}")
