from __future__ import annotations

import pytest
from sandbox_client import Api, check_refused

pytestmark = pytest.mark.contract

COLLEAGUE = "colleague@example.com"


@pytest.fixture
def colleague(quiet_api: Api) -> str:
    """The token of a second account, which owns an app of its own."""
    made = quiet_api.post("/sandbox/accounts", {"email": COLLEAGUE})
    token: str = made["token"]
    if "their-app" not in quiet_api.get("/sandbox")["apps"]:
        quiet_api.post("/sandbox/apps", {"name": "their-app", "owner": COLLEAGUE, "plan": "lemur"})
    return token


def bearer(token: str) -> str:
    return f"Bearer {token}"


def test_two_accounts_see_their_own_apps_and_add_ons_only(quiet_api: Api, colleague: str) -> None:
    theirs = quiet_api.get("/apps", Authorization=bearer(colleague))
    assert [(item["name"], item["owner"]["email"]) for item in theirs] == [("their-app", COLLEAGUE)]
    assert "their-app" not in {item["name"] for item in quiet_api.get("/apps")}
    assert quiet_api.get("/account", Authorization=bearer(colleague))["email"] == COLLEAGUE
    for path in ("/addons", "/addon-attachments"):
        (seen,) = quiet_api.get(path, Authorization=bearer(colleague))
        assert seen["app"]["name"] == "their-app"
        assert seen["id"] not in {item["id"] for item in quiet_api.get(path)}


def test_an_app_of_somebody_else_is_forbidden_and_its_add_on_not_found(quiet_api: Api, colleague: str) -> None:
    for path in ("/apps/their-app", "/apps/their-app/config-vars", "/apps/their-app/releases"):
        check_refused(quiet_api.call("GET", path), 403, "forbidden", "You do not have access to the app their-app.")
    (addon,) = quiet_api.get("/addons", Authorization=bearer(colleague))
    check_refused(quiet_api.call("GET", f"/addons/{addon['name']}"), 404, "not_found")
    resolved = quiet_api.call("POST", "/actions/addons/resolve", {"addon": addon["name"]})
    check_refused(resolved, 404, "not_found")


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("identity", {"account"}),
        ("read", {"account", "app"}),
        ("read-protected", {"account", "app", "config"}),
        ("write", {"account", "app", "maintenance"}),
        ("write-protected", {"account", "app", "config", "maintenance", "set"}),
        ("global", {"account", "app", "config", "maintenance", "set", "tokens"}),
    ],
)
def test_a_token_can_do_what_its_scope_says_and_no_more(quiet_api: Api, scope: str, allowed: set[str]) -> None:
    token = quiet_api.post("/oauth/authorizations", {"scope": [scope]})["access_token"]["token"]
    calls = {
        "account": ("GET", "/account", None),
        "app": ("GET", "+", None),
        "config": ("GET", "+/config-vars", None),
        "maintenance": ("PATCH", "+", {"maintenance": False}),
        "set": ("PATCH", "+/config-vars", {"SCOPED": None}),
        "tokens": ("GET", "/oauth/authorizations", None),
    }
    answers = {name: quiet_api.call(*call, Authorization=bearer(token)) for name, call in calls.items()}
    assert {name for name, answer in answers.items() if answer.ok} == allowed
    for name in calls.keys() - allowed:
        check_refused(answers[name], 403, "forbidden")


def test_resolving_a_name_counts_as_reading(quiet_api: Api) -> None:
    token = quiet_api.post("/oauth/authorizations", {"scope": ["read"]})["access_token"]["token"]
    body = {"addon": "CLOUDAMQP", "app": quiet_api.address.app}
    assert quiet_api.call("POST", "/actions/addons/resolve", body, Authorization=bearer(token)).ok


def test_a_token_with_a_scope_that_does_not_exist_is_not_made(quiet_api: Api) -> None:
    check_refused(quiet_api.call("POST", "/oauth/authorizations", {"scope": ["root"]}), 422, "invalid_params")


def test_a_revoked_token_is_refused(quiet_api: Api) -> None:
    made = quiet_api.post("/oauth/authorizations", {"description": "for a moment"})
    token = made["access_token"]["token"]
    assert quiet_api.call("GET", "/account", Authorization=bearer(token)).ok
    quiet_api.delete(f"/oauth/authorizations/{made['id']}")
    check_refused(quiet_api.call("GET", "/account", Authorization=bearer(token)), 401, "unauthorized")


@pytest.mark.parametrize(
    ("trouble", "status", "error_id"), [("suspended", 403, "suspended"), ("delinquent", 402, "delinquent")]
)
def test_a_stopped_account_sees_itself_and_nothing_else(
    quiet_api: Api, colleague: str, trouble: str, status: int, error_id: str
) -> None:
    quiet_api.patch(f"/sandbox/accounts/{COLLEAGUE}", {trouble: True})
    try:
        account = quiet_api.get("/account", Authorization=bearer(colleague))
        assert account[f"{trouble}_at"] is not None
        check_refused(quiet_api.call("GET", "/apps", Authorization=bearer(colleague)), status, error_id)
    finally:
        quiet_api.patch(f"/sandbox/accounts/{COLLEAGUE}", {trouble: False})
    assert quiet_api.call("GET", "/apps", Authorization=bearer(colleague)).ok


def test_a_second_factor_is_given_with_a_request_or_once_for_an_app(quiet_api: Api, colleague: str) -> None:
    quiet_api.patch(f"/sandbox/accounts/{COLLEAGUE}", {"second_factor": True})
    known = {"Authorization": bearer(colleague)}
    try:
        refused = quiet_api.call("GET", "/apps/their-app", **known)
        check_refused(refused, 403, "two_factor")
        assert refused.json()["app"]["name"] == "their-app"
        assert quiet_api.call("GET", "/apps/their-app", Heroku_Two_Factor_Code="123456", **known).ok
        check_refused(quiet_api.call("GET", "/apps/their-app", **known), 403, "two_factor")
        path = "/apps/their-app/pre-authorizations"
        check_refused(quiet_api.call("PUT", path, {}, Heroku_Two_Factor_Code="000000", **known), 403, "two_factor")
        assert quiet_api.call("PUT", path, {}, Heroku_Two_Factor_Code="123456", **known).ok
        assert quiet_api.call("GET", "/apps/their-app", **known).ok
    finally:
        quiet_api.patch(f"/sandbox/accounts/{COLLEAGUE}", {"second_factor": False})


def test_each_account_has_a_rate_limit_of_its_own(quiet_api: Api, colleague: str) -> None:
    quiet_api.settings(rate_limit=3, rate_refill_per_minute=0)
    while quiet_api.call("GET", "/account").ok:
        pass
    assert quiet_api.call("GET", "/account", Authorization=bearer(colleague)).ok


def test_only_what_an_account_has_can_be_changed(quiet_api: Api, colleague: str) -> None:
    assert colleague
    for body in ({"email": "x"}, {"suspended": "yes"}):
        check_refused(quiet_api.call("PATCH", f"/sandbox/accounts/{COLLEAGUE}", body), 422, "invalid_params")
    check_refused(quiet_api.call("PATCH", "/sandbox/accounts/nobody@example.com", {}), 404, "not_found")
