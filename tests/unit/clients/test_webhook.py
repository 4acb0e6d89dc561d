from __future__ import annotations

import json

import pytest
from fakes.http_server import Answer, serving

from migrate.clients.webhook import Webhook, WebhookFailed
from migrate.errors import UsageError
from migrate.sandbox.ports import free_port
from migrate.secrets import redact

PATH = "/services/T00000000/B00000000/canaryXXXXXXXXXXXX"


def test_a_text_is_posted_as_slack_reads_it() -> None:
    with serving(Answer(b"ok")) as server:
        Webhook.at(server.url + PATH).post("shop: done")

        (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", PATH)
    assert json.loads(asked.body) == {"text": "shop: done"}
    assert "Authorization" not in asked.headers


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_receiver_that_does_not_take_it_is_told_without_its_address(status: int) -> None:
    with serving(Answer(b"no", status, {"Location": "https://elsewhere"})) as server:
        with pytest.raises(WebhookFailed, match=f"HTTP {status}") as failed:
            Webhook.at(server.url + PATH).post("x")
        assert len(server.asked) == 1
    assert "canary" not in str(failed.value)


def test_nobody_who_answers_is_told_without_the_address() -> None:
    with pytest.raises(WebhookFailed) as failed:
        Webhook.at(f"http://127.0.0.1:{free_port()}{PATH}").post("x")

    assert str(failed.value) == "no answer (ConnectionError)"


@pytest.mark.parametrize(
    "url", ["", "hooks.slack.com/canary-1", "ftp://host/canary-1", "https://", "http://[canary-1"]
)
def test_what_is_no_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(UsageError) as refusal:
        Webhook.at(url)

    assert "canary" not in f"{refusal.value} {refusal.value.why} {refusal.value.next}"


def test_the_whole_address_and_its_path_alone_are_secrets() -> None:
    url = f"https://hooks.example{PATH}"
    Webhook.at(url)

    assert "canary" not in redact(f"{url} and {PATH}")
