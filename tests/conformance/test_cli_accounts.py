"""Accounts in trouble and tokens that may not do everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from e2e.terminal import terminal

from conformance.heroku_cli import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.heroku_cli import HerokuCli
    from conformance.platform_api import PlatformApi

EMAIL = "colleague@example.com"


@pytest.fixture
def colleague(api: PlatformApi) -> Iterator[str]:
    """The token of another account, which owns the app their-app."""
    token = api.account(EMAIL)
    if "their-app" not in api.get("/sandbox")["apps"]:
        api.call("POST", "/sandbox/apps", {"name": "their-app", "owner": EMAIL})
    yield token
    api.account(EMAIL, suspended=False, delinquent=False, second_factor=False)


def test_a_token_that_may_read_protected_values_may_change_nothing(cli: HerokuCli, api: PlatformApi) -> None:
    made = cli.shows("authorizations:create", "--scope", "read-protected", "--description", "reader")
    assert made["scope"] == ["read-protected"]
    reader = cli.as_(made["access_token"]["token"])
    assert reader.shows("config") == api.get("+/config-vars")
    assert reader.shows("addons")
    before = api.latest(), api.addon_names()
    for words in (["config:set", "A=1"], ["addons:create", "cloudamqp:lemur"], ["ps:restart"], ["maintenance:on"]):
        said = reader.ends(*words)
        assert (said.status, "Error ID: forbidden" in said.err) == (2, True), said.all
    assert (api.latest(), api.addon_names()) == before
    cli.says("authorizations:revoke", made["id"])
    assert reader.ends("config").status != 0


def test_an_app_of_somebody_else_is_not_shown(cli: HerokuCli, colleague: str) -> None:
    assert [item["name"] for item in cli.as_(colleague).shows("apps")] == ["their-app"]
    said = cli.as_(colleague).ends("config")
    assert (said.status, "You do not have access to the app demo-app." in said.err) == (2, True)


@pytest.mark.parametrize("trouble", ["suspended", "delinquent"])
def test_a_stopped_account_can_do_nothing(cli: HerokuCli, api: PlatformApi, colleague: str, trouble: str) -> None:
    api.account(EMAIL, **{trouble: True})
    said = cli.as_(colleague).ends("config", "--app", "their-app")
    assert said.status == 2
    assert f"Error ID: {trouble}" in said.err
    assert f"account is {trouble}" in said.complaint


def test_a_second_factor_cannot_be_given_without_a_terminal(cli: HerokuCli, api: PlatformApi, colleague: str) -> None:
    api.account(EMAIL, second_factor=True)
    said = cli.as_(colleague).ends("config", "--app", "their-app")
    assert (said.status, said.complaint) == (1, "Error: Two-factor authentication requires an interactive terminal.")


def test_a_second_factor_is_asked_for_on_a_terminal_once_for_an_app(
    cli: HerokuCli, api: PlatformApi, colleague: str
) -> None:
    api.account(EMAIL, second_factor=True)
    theirs = cli.as_(colleague)
    words = ("-c", "import os, sys; os.execv(sys.argv[1], sys.argv[1:])", str(PROGRAM), "config:set", "A=1")
    with terminal((*words, "--app", "their-app"), theirs.variables, cli.home) as screen:
        screen.wait_for("Two-factor code")
        screen.type("123456\r")
        assert screen.end() == 0
    assert theirs.says("config:get", "A", "--app", "their-app").strip() == "1"
