from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests
from sandbox_client import ACCEPT, Api, check_refused

if TYPE_CHECKING:
    from migrate.sandbox.lifecycle import SandboxAddress

pytestmark = pytest.mark.contract


def test_a_request_without_a_token_is_refused(platform_address: SandboxAddress) -> None:
    answer = requests.get(f"{platform_address.api_url}/account", headers={"Accept": ACCEPT}, timeout=5)
    check_refused(answer, 401, "unauthorized")


def test_a_wrong_token_is_refused_on_the_control_surface_too(api: Api) -> None:
    for path in ("/account", "/sandbox", "/addon-services/cloudamqp"):
        check_refused(api.call("GET", path, Authorization="Bearer nope"), 401, "unauthorized")


def test_basic_authentication_with_the_token_as_password_works(api: Api) -> None:
    url = f"{api.address.api_url}/account"
    answer = requests.get(url, auth=("", api.address.token), headers={"Accept": ACCEPT}, timeout=5)
    assert answer.status_code == 200


def test_plans_are_public(platform_address: SandboxAddress) -> None:
    url = f"{platform_address.api_url}/addon-services/cloudamqp/plans"
    plans = requests.get(url, headers={"Accept": ACCEPT}, timeout=5).json()
    prices = {plan["name"]: plan["price"]["cents"] for plan in plans}
    assert prices["cloudamqp:lemur"] == 0
    assert prices["cloudamqp:bunny-1"] == 9900
    assert [plan["name"] for plan in plans if plan["default"]] == ["cloudamqp:lemur"]


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/vnd.heroku+json; version=2"])
def test_another_version_is_not_acceptable(api: Api, accept: str) -> None:
    check_refused(api.call("GET", "/account", Accept=accept), 406, "not_acceptable")


def test_variants_of_version_3_are_accepted(api: Api) -> None:
    assert api.call("GET", "/account", Accept="application/vnd.heroku+json; version=3.sdk").ok


def test_every_answer_has_a_request_id_and_the_rate_limit(api: Api) -> None:
    for answer in (
        api.call("GET", "/account", Request_Id="mine"),
        api.call("GET", "/nowhere", Request_Id="mine"),
    ):
        assert answer.headers["Request-Id"].startswith("mine,")
        assert int(answer.headers["RateLimit-Remaining"]) > 0


def test_unknown_things_are_not_found_with_an_id(api: Api) -> None:
    for path in (
        "/nowhere",
        "/apps/nobody",
        "+/releases/999",
        "+/dynos/web.9",
        "/addons/none",
        "+/addons/none",
    ):
        check_refused(api.call("GET", path), 404, "not_found")
    check_refused(api.call("GET", "+/pipeline-couplings"), 404, "not_found")
    check_refused(api.call("POST", "/account"), 404, "not_found")


def test_a_body_that_is_no_json_object_is_a_bad_request(api: Api) -> None:
    url = f"{api.address.api_url}/apps/{api.address.app}/config-vars"
    headers = {"Authorization": f"Bearer {api.address.token}", "Accept": ACCEPT}
    for body in ("{", "[]"):
        check_refused(requests.patch(url, data=body, headers=headers, timeout=5), 400, "bad_request")


def test_the_rate_limit_runs_out_and_refills(api: Api) -> None:
    api.settings(rate_limit=3, rate_refill_per_minute=0)
    answers = [api.call("GET", "/account") for _ in range(4)]
    check_refused(answers[-1], 429, "rate_limit")
    assert api.get("/account/rate-limits") == {"remaining": 0}
    api.settings(rate_refill_per_minute=6000)
    time.sleep(0.1)
    assert api.call("GET", "/account").ok


def test_a_list_comes_in_parts_until_the_next_range_is_gone(api: Api) -> None:
    everything = api.releases()
    api.settings(page_size=2)
    versions, wanted = [], ""
    for _ in range(len(everything)):
        answer = api.call("GET", "+/releases", **({"Range": wanted} if wanted else {}))
        versions += [item["version"] for item in answer.json()]
        wanted = answer.headers.get("Next-Range", "")
        assert answer.status_code == (206 if wanted else 200)
        if not wanted:
            break
    assert versions == [item["version"] for item in everything]


@pytest.mark.parametrize("options", ["max=2, order=desc", "order=desc,max=2", "max=2,order=desc;"])
def test_the_newest_releases_come_first_when_asked(api: Api, options: str) -> None:
    newest = api.latest()
    answer = api.call("GET", "+/releases", Range=f"version ..; {options}")
    assert [item["version"] for item in answer.json()] == [newest, newest - 1]
    following = api.call("GET", "+/releases", Range=answer.headers["Next-Range"])
    assert following.json()[0]["version"] == newest - 2


def test_a_range_over_an_unknown_field_cannot_be_satisfied(api: Api) -> None:
    answer = api.call("GET", "+/releases", Range="colour ..")
    check_refused(answer, 416, "requested_range_not_satisfiable")


def test_a_lost_reply_leaves_the_change_done(api: Api) -> None:
    api.post("/sandbox/faults", {"method": "PATCH", "path": ".*/config-vars", "kind": "lose-reply"})
    with pytest.raises(requests.ConnectionError):
        api.call("PATCH", "+/config-vars", {"LOST": str(time.time())})
    assert "LOST" in api.get("+/config-vars")


def test_a_dropped_request_changes_nothing(api: Api) -> None:
    before = api.latest()
    api.post("/sandbox/faults", {"method": "PATCH", "path": ".*/config-vars", "kind": "drop"})
    with pytest.raises(requests.ConnectionError):
        api.call("PATCH", "+/config-vars", {"DROPPED": "1"})
    assert api.latest() == before


def test_errors_and_garbage_come_on_order_and_only_as_often(api: Api) -> None:
    api.post("/sandbox/faults", {"path": "/account", "count": 2, "skip": 1})
    assert [api.call("GET", "/account").status_code for _ in range(4)] == [200, 503, 503, 200]
    api.post("/sandbox/faults", {"path": "/account", "kind": "garbage"})
    assert api.call("GET", "/account").text.startswith("<html>")


def test_identities_are_ids_or_names(api: Api) -> None:
    app = api.get("+")
    assert api.get(f"/apps/{app['id']}") == app
    release = api.get("+/releases/1")
    assert api.get(f"+/releases/{release['id']}") == release
    dyno = api.dynos()["web.1"]
    assert api.get(f"+/dynos/{dyno['id']}")["name"] == "web.1"


def test_account_and_authorizations_name_the_operator(api: Api) -> None:
    assert api.get("/account")["email"] == "operator@example.com"
    assert api.get("/oauth/authorizations")[0]["access_token"]["token"] == api.address.token
    assert api.get("+/collaborators")[0]["user"]["email"] == "operator@example.com"


def test_maintenance_and_features_make_no_release(api: Api) -> None:
    before = api.latest()
    assert api.patch("+", {"maintenance": True})["maintenance"]
    page = requests.get(api.address.router_url, timeout=5)
    assert (page.status_code, page.headers["X-Router-Error"]) == (503, "H80")
    assert "Offline for Maintenance" in page.text
    assert not api.patch("+", {"maintenance": False})["maintenance"]
    assert api.patch("+/features/preboot", {"enabled": True})["enabled"]
    assert not api.patch("+/features/preboot", {"enabled": False})["enabled"]
    assert api.latest() == before
