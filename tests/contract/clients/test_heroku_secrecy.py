"""The Heroku token goes into one header, and nowhere else."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest
import requests
from fakes.http_server import Answer, as_html, as_json, serving
from local_heroku import client_of

from migrate.errors import MigrateError
from migrate.sandbox.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.contract

CANARY = "HRKU-canary-canary-canary"


def texts_of(error: MigrateError) -> list[str]:
    return [*traceback.format_exception(error), repr(error), error.what, error.why, error.next]


def test_the_token_is_not_replaced_by_a_netrc_entry_for_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something-else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(as_json([])) as server, client_of(server.url, CANARY) as client:
        requests.get(f"{server.url}/apps", headers={"Authorization": f"Bearer {CANARY}"}, timeout=5)
        client.heroku.apps()
        client.heroku.patch_config_vars("demo-app", {})

    plain, *ours = [asked.headers["Authorization"] for asked in server.asked]
    assert plain.startswith("Basic ")  # the trap is set
    assert ours == [f"Bearer {CANARY}"] * 2


@pytest.mark.parametrize(
    "answer",
    [
        as_json({"id": "unauthorized", "message": "Invalid credentials provided."}, 401),
        as_json({"id": "invalid_params", "message": "no"}, 422),
        as_html("forbidden", 403),
        as_html("hello"),
        as_json({"another": "shape"}),
        Answer(status=302, headers={"Location": "https://elsewhere.example/"}),
        Answer(status=503),
    ],
    ids=["401", "422", "403-html", "html", "shape", "redirect", "503"],
)
def test_the_token_is_in_one_header_and_in_no_error_no_repr_and_no_url(answer: Answer) -> None:
    with serving(answer) as server, client_of(server.url, CANARY) as client:
        with pytest.raises(MigrateError) as caught:
            client.heroku.apps()
        texts = [
            *texts_of(caught.value),
            repr(client.calls),
            repr(client.transport),
            repr(client.heroku),
            str(vars(client.transport)),
        ]

        assert not [text for text in texts if CANARY in text]
        assert {asked.headers["Authorization"] for asked in server.asked} == {f"Bearer {CANARY}"}
        assert not [asked.target for asked in server.asked if CANARY in asked.target]


def test_the_token_is_in_no_error_of_a_call_that_did_not_arrive() -> None:
    with client_of(f"http://127.0.0.1:{free_port()}", CANARY) as client:
        for call in (client.heroku.apps, lambda: client.heroku.patch_config_vars("demo-app", {})):
            with pytest.raises(MigrateError) as caught:
                call()
            assert not [text for text in texts_of(caught.value) if CANARY in text]
