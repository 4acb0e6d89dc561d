"""How calls travel to Heroku: what is repeated, what is sent once, and what each trouble is called."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from fakes.http_server import Answer, as_json, serving
from local_heroku import Client, LocalHeroku, client_of, local_heroku
from polling import until

from migrate.clients import heroku_transport
from migrate.clients.heroku_transport import ACCEPT, ApiCall
from migrate.clients.rate_limit import SPACING_SECONDS
from migrate.errors import (
    AccessError,
    AccountStopped,
    AppUnknown,
    HerokuRefused,
    HerokuUnreachable,
    MigrateError,
    OutcomeUnknown,
    RateLimited,
    SecondFactorMissing,
    TokenRefused,
)
from migrate.run import Limits
from migrate.sandbox.ports import free_port
from migrate.waits import Waiter, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.contract

CANARY = "HRKU-canary-canary-canary"
TROUBLES = [
    {"kind": "error", "status": 503},
    {"kind": "garbage"},
    {"kind": "drop"},
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalHeroku]:
    with local_heroku() as sandbox:
        yield sandbox


@pytest.fixture
def local(sandbox: LocalHeroku) -> LocalHeroku:
    sandbox.restore()
    return sandbox


@pytest.fixture
def client(local: LocalHeroku) -> Iterator[Client]:
    with client_of(local.address.api_url, local.address.token) as client:
        yield client


@pytest.fixture
def stranded() -> Iterator[Client]:
    """A client whose Heroku is a port where nobody listens."""
    with client_of(f"http://127.0.0.1:{free_port()}", CANARY) as client:
        yield client


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda item: f"{item['kind']}-{item.get('status', '')}")
def test_a_read_is_repeated_until_the_trouble_has_passed(
    local: LocalHeroku, client: Client, trouble: dict[str, object]
) -> None:
    local.fault(method="GET", path=f"/apps/{local.app}", count=4, **trouble)  # type: ignore[arg-type]

    assert client.heroku.app(local.app).name == local.app
    assert len(client.calls) == 5
    assert len(client.clock.slept) == 4
    assert client.clock.slept == sorted(client.clock.slept)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda item: f"{item['kind']}-{item.get('status', '')}")
def test_a_read_gives_up_after_five_attempts_and_says_what_the_last_one_met(
    local: LocalHeroku, client: Client, trouble: dict[str, object]
) -> None:
    local.fault(method="GET", path="/apps", count=99, **trouble)  # type: ignore[arg-type]

    with pytest.raises(HerokuUnreachable) as caught:
        client.heroku.apps()

    assert len(client.calls) == 5
    met = {"drop": "ConnectionError", "garbage": "not JSON"}.get(str(trouble["kind"]), str(trouble.get("status")))
    assert met in caught.value.why


def test_a_read_of_a_heroku_that_is_not_there_gives_up(stranded: Client) -> None:
    with pytest.raises(HerokuUnreachable):
        stranded.heroku.apps()

    assert [call.error for call in stranded.calls] == ["ConnectionError"] * 5


def test_a_write_whose_reply_is_lost_had_its_effect_once_and_is_not_known_to_have(
    local: LocalHeroku, client: Client
) -> None:
    local.fault("lose-reply", "PATCH", ".*/config-vars")
    before = local.releases()

    with pytest.raises(OutcomeUnknown):
        client.heroku.patch_config_vars(local.app, {"LOST": "reply"})

    assert local.config_vars()["LOST"] == "reply"
    assert len(local.releases()) == len(before) + 1
    assert len(client.calls) == 1


def test_an_add_on_whose_order_lost_its_reply_exists_once_under_its_name(local: LocalHeroku, client: Client) -> None:
    local.fault("lose-reply", "POST", ".*/addons")

    with pytest.raises(OutcomeUnknown):
        client.heroku.create_add_on(local.app, plan="cloudamqp:bunny", name="cloudamqp-mig-1", attachment="NEXT")

    found = client.heroku.add_on(local.app, "cloudamqp-mig-1")
    assert found is not None
    assert len(local.call("GET", f"/apps/{local.app}/addons")) == 2


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda item: str(item["kind"]))
def test_a_write_that_meets_trouble_is_sent_once_and_its_outcome_is_unknown(
    local: LocalHeroku, client: Client, trouble: dict[str, object]
) -> None:
    path = f"/apps/{local.app}/config-vars"
    before = len(local.arrived("PATCH", path))
    local.fault(method="PATCH", path=path, count=99, **trouble)  # type: ignore[arg-type]

    with pytest.raises(OutcomeUnknown):
        client.heroku.patch_config_vars(local.app, {"ONCE": "1"})

    assert len(local.arrived("PATCH", path)) == before + 1
    assert client.clock.slept == []


def test_a_write_that_takes_too_long_has_its_effect_once_and_is_not_known_to_have(
    local: LocalHeroku, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heroku_transport, "_TIME_LIMITS", (5.0, 0.1))
    local.fault("delay", "DELETE", ".*/addons/.*", delay_seconds=0.4)
    name = local.call("POST", f"/apps/{local.app}/addons", {"plan": "bunny"})["name"]

    with pytest.raises(OutcomeUnknown):
        client.heroku.delete_add_on(local.app, name)

    path = f"/apps/{local.app}/addons/{name}"
    until(lambda: local.arrived("DELETE", path) == [200])
    assert client.heroku.add_on(local.app, name) is None


def test_a_write_that_never_left_is_no_unknown_outcome(stranded: Client) -> None:
    with pytest.raises(HerokuUnreachable):
        stranded.heroku.patch_config_vars("demo-app", {"ONCE": "1"})

    assert len(stranded.calls) == 1


def test_a_write_over_the_rate_limit_has_no_effect_and_nothing_is_sent_until_the_limit_is_over(
    local: LocalHeroku, client: Client
) -> None:
    local.fault("error", "PATCH", ".*/config-vars", status=429, id="rate_limit")
    before = local.releases()

    for _ in range(2):
        with pytest.raises(RateLimited):
            client.heroku.patch_config_vars(local.app, {"LIMITED": "1"})
    with pytest.raises(RateLimited, match="rate limit"):
        client.heroku.apps()

    assert local.releases() == before
    assert [call.status for call in client.calls] == [429]
    client.clock.sleep(30)
    client.heroku.patch_config_vars(local.app, {"LIMITED": "1"})
    assert len(local.releases()) == len(before) + 1


def test_a_read_over_the_rate_limit_is_repeated_when_the_time_that_heroku_asked_for_is_over() -> None:
    limited = Answer(b'{"id": "rate_limit"}', 429, {"Retry-After": "7"})
    answers = [limited, as_json([])]
    with serving(lambda _asked: answers.pop(0)) as server, client_of(server.url, CANARY) as client:
        assert client.heroku.apps() == ()

    assert [call.status for call in client.calls] == [429, 200]
    assert 7 <= client.clock.monotonic() < 12


def test_a_budget_that_is_low_slows_a_wait_down_and_the_wait_says_so() -> None:
    told: list[Waiting] = []
    low = Answer(b"[]", headers={"RateLimit-Remaining": "41"})
    with serving(low) as server, client_of(server.url, CANARY) as client:
        waiter = Waiter(client.clock, told.append)
        heroku = client.heroku.insisting(partial(waiter.outlast, patience=Limits().outage))
        for _ in range(3):
            heroku.apps()
            heroku.forget()

    assert client.clock.monotonic() == 2 * SPACING_SECONDS
    assert [wait.reason.partition(" at ")[0] for wait in told] == ["This account has 41 calls left"] * 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, "unauthorized"), TokenRefused),
        ((404, "not_found"), AppUnknown),
        ((403, "forbidden"), AccessError),
        ((403, "suspended"), AccountStopped),
        ((403, "two_factor"), SecondFactorMissing),
        ((402, "delinquent"), AccountStopped),
        ((402, "verification_required"), AccountStopped),
        ((422, "verification_needed"), AccountStopped),
        ((422, "invalid_params"), HerokuRefused),
        ((423, "confirmation_required"), HerokuRefused),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_no_is_named_by_its_situation_and_keeps_herokus_words(
    local: LocalHeroku, client: Client, method: str, answer: tuple[int, str], expected: type[MigrateError]
) -> None:
    status, name = answer
    local.fault("error", method, ".*/config-vars", status=status, id=name, message="In Heroku's words.")
    transport, path = client.transport, f"/apps/{local.app}/config-vars"
    send = transport.read if method == "GET" else partial(transport.write, method, body={"REFUSED": "1"})

    with pytest.raises(expected) as caught:
        send(path=path)

    assert type(caught.value) is expected
    assert f"{status} {name}: In Heroku's words." in caught.value.why
    assert len(client.calls) == 1


def test_a_list_is_followed_over_all_its_parts(local: LocalHeroku, client: Client) -> None:
    names = [plan.name for plan in client.heroku.plans("cloudamqp")]
    local.settings(page_size=3)
    client.calls.clear()

    assert [plan.name for plan in client.heroku.plans("cloudamqp")] == names
    parts = -(-len(names) // 3)
    assert parts > 2
    assert [call.status for call in client.calls] == [206] * (parts - 1) + [200]


def test_trouble_in_the_middle_of_a_list_repeats_the_list(local: LocalHeroku, client: Client) -> None:
    names = [plan.name for plan in client.heroku.plans("cloudamqp")]
    local.settings(page_size=5)
    local.fault("error", "GET", ".*/plans", skip=1)
    client.calls.clear()

    assert [plan.name for plan in client.heroku.plans("cloudamqp")] == names
    parts = -(-len(names) // 5)
    assert [call.status for call in client.calls] == [206, 503, *[206] * (parts - 1), 200]


def test_every_call_is_told_with_its_status_its_request_id_and_the_calls_left() -> None:
    headers = {"Request-Id": "abc", "RateLimit-Remaining": "41"}
    with serving(Answer(b"[]", headers=headers)) as server, client_of(server.url, CANARY) as client:
        client.heroku.apps()

        assert client.calls == [ApiCall("GET", "/apps", 200, "", "abc", 0.0, 41)]
        assert server.asked[0].headers["Accept"] == ACCEPT


@pytest.mark.parametrize("status", [301, 302, 304, 307])
def test_a_redirected_write_is_not_taken_for_done(status: int) -> None:
    with (
        serving(Answer(status=status, headers={"Location": "/elsewhere"})) as server,
        client_of(server.url, CANARY) as c,
    ):
        with pytest.raises(OutcomeUnknown, match="not known"):
            c.transport.write("PATCH", "/apps/x/config-vars", {})
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, TokenRefused), (402, AccountStopped), (403, AccessError), (404, AppUnknown), (422, HerokuRefused)],
)
def test_a_refusal_without_a_readable_body_goes_by_its_status(status: int, kind: type[MigrateError]) -> None:
    with serving(Answer(b"<html>", status)) as server, client_of(server.url, CANARY) as client:
        with pytest.raises(kind) as caught:
            client.transport.write("PATCH", "/apps/x/config-vars", {})
        assert type(caught.value) is kind


@pytest.mark.parametrize("token", ["HRKU-canary\n", "HRKU canary", "HRKU-\u20accanary"])
def test_a_token_that_no_header_can_hold_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(TokenRefused) as caught, client_of("http://127.0.0.1:1", token):
        pass

    assert "canary" not in f"{caught.value} {caught.value.why}"
