"""What the program must survive: a clear error, the right exit status, and nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.http_server import as_html, as_json, serving
from fakes.migrations import STEPS

from e2e.terminal import terminal

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.stage import Finished, Stage


def refused(finished: Finished, status: int, code: str) -> dict[str, Any]:
    assert (finished.status, finished.result["code"]) == (status, code), finished.err
    assert finished.result["exit"] == status
    assert finished.result["state"] == "Nothing was changed."
    assert "Traceback" not in finished.err
    assert f"[{code}, exit {status}]" in finished.err
    result: dict[str, Any] = finished.result
    return result


def test_no_token(stage: Stage) -> None:
    finished = stage.run_unchanged("--to", "bunny", "--json", HEROKU_API_KEY=None)

    assert "heroku login" in str(refused(finished, 1, "TOKEN_MISSING")["next"])


@pytest.mark.parametrize("token", ["HRKU-wrong-canary-token", "01234567-89ab-cdef-0123-expired0canary"])
def test_a_wrong_or_expired_token_is_refused_and_never_shown(stage: Stage, token: str) -> None:
    finished = stage.run_unchanged("--to", "bunny", "--json", HEROKU_API_KEY=token)

    refused(finished, 1, "TOKEN_REFUSED")
    assert "canary" not in finished.out + finished.err


def token_for(stage: Stage, email: str, *scope: str) -> str:
    """A token of an account that works on the app; with a scope, of the operator."""
    if scope:
        return str(stage.call("POST", "/oauth/authorizations", {"scope": list(scope)})["access_token"]["token"])
    return str(stage.call("POST", "/sandbox/accounts", {"email": email})["token"])


def test_a_dry_run_needs_no_more_than_a_token_that_may_read(ready_stage: Stage) -> None:
    token = token_for(ready_stage, "", "read-protected")

    finished = ready_stage.run_unchanged("--to", "bunny", "--dry-run", HEROKU_API_KEY=token)

    assert finished.status == 0, finished.out
    assert token not in finished.out + finished.err


def test_a_token_that_may_only_read_ends_at_the_first_call_with_nothing_changed(ready_stage: Stage) -> None:
    token = token_for(ready_stage, "", "read-protected")
    before, asked = ready_stage.snapshot(), len(ready_stage.requests())

    finished = ready_stage.run("--to", "bunny", "--confirm", ready_stage.app, "--json", HEROKU_API_KEY=token)

    assert (finished.status, finished.result["code"]) == (1, "ACCESS_DENIED"), finished.err
    assert finished.result["state"] == f"Nothing was changed on {ready_stage.app}."
    assert "scope" in finished.result["why"]
    assert ready_stage.snapshot() == before
    sent = [item for item in ready_stage.requests()[asked:] if item["method"] != "GET"]
    assert [(item["method"], item["status"]) for item in sent] == [("PATCH", 403)]
    ready_stage.at_work()


def test_an_app_of_another_account(stage: Stage) -> None:
    token = token_for(stage, "stranger@example.com")

    result = refused(stage.run_unchanged("--to", "bunny", "--json", HEROKU_API_KEY=token), 1, "ACCESS_DENIED")

    assert f"You do not have access to the app {stage.app}" in str(result["why"])


@pytest.mark.parametrize("strategy", ["documented", "side-by-side"])
def test_an_add_on_that_another_app_shares_is_refused_and_that_app_is_named(
    ready_stage: Stage, strategy: str
) -> None:
    stage = ready_stage
    stage.call("POST", "/apps", {"name": "reports"})
    (add_on,) = stage.call("GET", "+/addons")
    shared = stage.call("POST", "/addon-attachments", {"addon": add_on["name"], "app": "reports", "name": "RABBIT"})
    before = stage.snapshot()
    try:
        finished = stage.run("--to", "bunny", "--strategy", strategy, "--confirm", stage.app, "--json")
    finally:
        stage.call("DELETE", f"/addon-attachments/{shared['id']}")
        stage.call("DELETE", "/apps/reports")

    result = refused(finished, 4, "PREFLIGHT_REFUSED")
    assert f"Other apps are attached to {add_on['name']}: reports." in finished.err
    assert "heroku addons:detach NAME --app reports" in finished.err + str(result["next"])
    assert stage.snapshot() == before


@pytest.mark.parametrize(
    ("trouble", "code", "next_step"),
    [
        ("second_factor", "SECOND_FACTOR_MISSING", "heroku config --app"),
        ("suspended", "ACCOUNT_STOPPED", "help.heroku.com"),
        ("delinquent", "ACCOUNT_STOPPED", "billing"),
    ],
)
def test_what_stands_in_the_way_of_the_account(stage: Stage, trouble: str, code: str, next_step: str) -> None:
    path = "/sandbox/accounts/operator@example.com"
    before = stage.snapshot()
    stage.call("PATCH", path, {trouble: True})
    try:
        finished = stage.run("--to", "bunny", "--json")
    finally:
        stage.call("PATCH", path, {trouble: False})

    assert next_step in str(refused(finished, 1, code)["next"])
    assert stage.snapshot() == before


def test_an_unknown_app(stage: Stage) -> None:
    result = refused(stage.run_unchanged("--to", "bunny", "--app", "no-such-app", "--json"), 1, "APP_UNKNOWN")

    assert "no-such-app" in str(result["what"])


def test_no_app_named_and_none_to_be_found(stage: Stage) -> None:
    refused(stage.run_unchanged("--to", "bunny", "--json", HEROKU_APP=None), 2, "USAGE")


def test_no_cloudamqp_add_on(stage: Stage) -> None:
    refused(stage.run_unchanged("--to", "bunny", "--app", "second-app", "--json"), 4, "ADD_ON_MISSING")


def test_of_two_cloudamqp_add_ons_one_must_be_named_or_picked(stage: Stage) -> None:
    stage.call("POST", "+/addons", {"plan": "cloudamqp:lemur"})
    stage.settled()
    first, second = stage.call("GET", "+/addons")

    result = refused(stage.run_unchanged("--to", "bunny", "--json"), 4, "ADD_ON_AMBIGUOUS")
    assert first["name"] in result["why"]
    assert second["name"] in result["why"]
    with terminal(("-m", "migrate", "--to", "bunny", "--dry-run"), stage.environment(), stage.home) as screen:
        screen.wait_for("Which add-on?")
        screen.type("\x1b[B\r")
        screen.end()
    assert f"{stage.app}: {second['name']} from cloudamqp:lemur" in screen.screen


def test_a_plan_that_is_not_in_the_list_names_near_ones_with_prices(stage: Stage) -> None:
    plans = stage.call("GET", "/sandbox")["settings"]["plans"]
    stage.settings(plans=[plan for plan in plans if plan["name"] != "bunny"])
    try:
        result = refused(stage.run_unchanged("--to", "bunny", "--json"), 4, "PREFLIGHT_REFUSED")
    finally:
        stage.settings(plans=plans)

    for said in ("bunny-1 ($99/month)", "bunny-3 ($297/month)", "legacy name"):
        assert said in str(result["why"])


def test_already_on_that_plan_is_nothing_to_do(stage: Stage) -> None:
    finished = stage.run_unchanged("--to", "cloudamqp:lemur", "--json")

    assert (finished.status, finished.result["code"]) == (0, "NOTHING_TO_DO")
    assert "is on cloudamqp:lemur already" in finished.result["what"]


def test_an_add_on_that_is_billed_to_another_app(stage: Stage) -> None:
    foreign = stage.call("POST", "/apps/second-app/addons", {"plan": "cloudamqp:lemur"})
    attached = stage.call("POST", "/addon-attachments", {"addon": foreign["id"], "app": stage.app, "name": "OTHER"})
    stage.settled()
    try:
        finished = stage.run_unchanged("--to", "bunny", "--add-on", foreign["name"], "--json")
    finally:
        stage.call("DELETE", f"/addon-attachments/{attached['id']}")
        stage.call("DELETE", f"/apps/second-app/addons/{foreign['id']}")
        stage.settled()

    assert (finished.status, finished.result["code"]) == (4, "PREFLIGHT_REFUSED"), finished.err
    assert "BILLED_ELSEWHERE" in finished.err


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_a_release_that_is_pending_or_failed(stage: Stage, status: str) -> None:
    release = stage.call("POST", "/sandbox/releases", {"status": status})
    try:
        finished = stage.run_unchanged("--to", "bunny", "--json", "--confirm", stage.app)
    finally:
        if status == "pending":
            stage.call("PATCH", f"/sandbox/releases/{stage.app}/{release['version']}", {"status": "failed"})
        stage.call("PATCH", "+/config-vars", {"MENDED": str(release["version"])})
        stage.settled()

    refused(finished, 4, "PREFLIGHT_REFUSED")
    assert "RELEASE_UNSETTLED" in finished.err
    assert status in finished.err


def test_a_management_api_that_is_not_there(stage: Stage) -> None:
    finished = stage.run_unchanged("--to", "bunny", "--json", MIGRATE_RABBITMQ_API="http://127.0.0.1:1")

    refused(finished, 4, "PREFLIGHT_REFUSED")
    assert "BROKER_UNREADABLE" in finished.err


def test_a_management_api_that_says_401(stage: Stage) -> None:
    with serving(as_json({"error": "not_authorized"}, 401)) as server:
        finished = stage.run_unchanged("--to", "bunny", "--json", MIGRATE_RABBITMQ_API=server.url)

    refused(finished, 4, "PREFLIGHT_REFUSED")
    assert "401" in finished.err


def test_a_management_api_that_answers_html(stage: Stage) -> None:
    with serving(as_html("Welcome to the captive portal")) as server:
        finished = stage.run_unchanged("--to", "bunny", "--json", MIGRATE_RABBITMQ_API=server.url)

    refused(finished, 4, "PREFLIGHT_REFUSED")
    assert "did not answer JSON" in finished.err


def test_confirm_with_another_name(ready_stage: Stage) -> None:
    refused(
        ready_stage.run_unchanged("--to", "bunny", "--confirm", "other-app", "--json"), 4, "CONFIRMATION_MISMATCH"
    )


def test_a_dry_run_shows_every_step_reads_only_and_writes_no_file(ready_stage: Stage) -> None:
    finished = ready_stage.run_unchanged("--to", "bunny", "--dry-run")

    assert finished.status == 0, finished.out
    for step in STEPS:
        assert f". {step.name}: {step.title}" in finished.out
    for said in (
        "heroku addons:destroy cloudamqp-",
        "($99/month)",
        "CANNOT BE UNDONE",
        "restarts  all 2 dynos, once",
    ):
        assert said in finished.out
    assert list(ready_stage.home.iterdir()) == []
    ready_stage.check_no_secret_in(finished.out + finished.err)


def test_no_terminal_and_no_confirm(ready_stage: Stage) -> None:
    result = refused(ready_stage.run_unchanged("--to", "bunny", "--json"), 7, "CONFIRMATION_MISSING")

    assert f"--confirm {ready_stage.app}" in str(result["next"])


def test_a_store_that_cannot_be_written(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    words = ("--to", "bunny", "--confirm", stage.app, "--store", f"sqlite:///{tmp_path / 'file' / 'store'}")

    refused(stage.run_unchanged(*words, "--json"), 1, "STORE_UNUSABLE")


def test_an_unknown_strategy(stage: Stage) -> None:
    refused(stage.run_unchanged("--to", "bunny", "--strategy", "magic", "--json"), 2, "USAGE")


def test_nothing_to_resume(stage: Stage) -> None:
    refused(stage.run_unchanged("resume", "mig-222222", "--json"), 1, "MIGRATION_UNKNOWN")
    refused(stage.run_unchanged("--resume", "--json"), 1, "MIGRATION_UNKNOWN")


def test_without_a_plan_the_help_is_shown(stage: Stage) -> None:
    finished = stage.run_unchanged()

    assert finished.status == 2
    assert "--to PLAN" in finished.out


def test_without_a_plan_a_program_is_told_in_its_own_language(stage: Stage) -> None:
    refused(stage.run("--json"), 2, "USAGE")


def test_another_machine_migrates_this_app(stage: Stage) -> None:
    stage.call("PATCH", "+/config-vars", {"MIGRATE_PLAN": "mig-abc234 to cloudamqp:bunny by eve@laptop"})
    stage.settled()
    try:
        finished = stage.run_unchanged("--to", "bunny", "--confirm", stage.app, "--json")
    finally:
        stage.call("PATCH", "+/config-vars", {"MIGRATE_PLAN": None})
        stage.settled()

    assert "eve@laptop" in str(refused(finished, 6, "APP_HELD")["what"])


def test_connections_are_counted_on_the_real_broker_and_nothing_is_changed(ready_stage: Stage) -> None:
    said = "web-workers=1,web-threads=1"
    finished = ready_stage.run_unchanged("connections", "--json", "--what-if", said)

    counted = next(event for event in finished.events if event["type"] == "connections")
    assert (finished.status, counted["verdict"], counted["limit"]) == (0, "fits", 20), finished.err
    assert counted["limit_source"] == "the broker's vhost-limits"
    ready_stage.check_no_secret_in(finished.out + finished.err)

    finished = ready_stage.run_unchanged("connections", "--json", "--what-if", f"{said},web=30")
    refused(finished, 4, "CONNECTIONS_TOO_MANY")
