"""Several apps that are deployed alike, in one sandbox: they share nothing but the account and the broker's node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from sandbox_client import APP_DIR, FAST, Api

from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.rehearsal.rehearsal import ledger_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.contract

TWIN = "twin"
SETTINGS = FAST.changed({"twins": (TWIN,)})


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with throwaway(SETTINGS, APP_DIR, {"GREETING": "hello", "LEDGER_PATH": "/nowhere"}) as address:
        yield Api(address)


def test_a_twin_has_dynos_and_a_history_as_the_first_app_has(api: Api) -> None:
    first, twin = api.get("+/dynos"), api.get(f"/apps/{TWIN}/dynos")
    history = [len(api.releases(app)) for app in (api.address.app, TWIN)]

    assert [(d["name"], d["state"]) for d in twin] == [(d["name"], d["state"]) for d in first]
    assert {d["id"] for d in twin}.isdisjoint(d["id"] for d in first)
    assert history[0] == history[1] > 3


def test_a_twin_has_an_add_on_and_a_ledger_of_its_own(api: Api) -> None:
    first, twin = api.get("+/config-vars"), api.get(f"/apps/{TWIN}/config-vars")

    assert twin["GREETING"] == first["GREETING"] == "hello"
    assert twin["CLOUDAMQP_URL"] != first["CLOUDAMQP_URL"]
    assert [item["plan"]["name"] for item in api.get(f"/apps/{TWIN}/addons")] == ["cloudamqp:lemur"]
    assert first["LEDGER_PATH"] == "/nowhere"
    assert twin["LEDGER_PATH"] == str(ledger_of(api.address, TWIN))
    assert ledger_of(api.address, TWIN).parent.is_dir()


def test_what_changes_a_twin_leaves_the_first_app_alone(api: Api) -> None:
    before = api.dynos()
    api.patch(f"/apps/{TWIN}/config-vars", {"GREETING": "good day"})
    port = api.address.router_url.rpartition(":")[2]

    def greeting(**host: str) -> str:
        answer = requests.get(api.address.router_url, headers=host, timeout=20).json()
        return str(answer["environment"]["GREETING"])

    api.wait(lambda: greeting(Host=f"{TWIN}.localhost:{port}") == "good day")
    assert greeting() == "hello"
    assert api.dynos() == before
