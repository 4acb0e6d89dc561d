"""A whole migration under traffic through a network that breaks every write in another way, and reads at will."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes.faulty_network import FaultyNetwork

from e2e.stage import finish, running, until
from e2e.test_migrations import check_moved

if TYPE_CHECKING:
    from e2e.stage import Finished, Stage

IMPATIENT = (str(Path(__file__).parent / "impatient.py"),)
READS = "GET"


def break_reads(network: FaultyNetwork) -> None:
    """Once each before anything is changed, and in the eager window an outage, a storm and garbage."""
    network.fault("reset", READS, ".*/formation")
    network.fault("html", READS, ".*/formation")
    network.fault("truncate", READS, ".*/dynos")
    network.fault("cut", READS, ".*/plans")
    network.fault("refuse", READS, ".*/features/preboot", skip=1, seconds=2.0)
    network.fault("status", READS, ".*/addons/cloudamqp-mig-.*", seconds=2.0)


def break_writes(network: FaultyNetwork) -> None:
    """Lost after the effect, answered 503 after it, too slow, over the rate limit, lost before the effect."""
    network.fault("lose", "PATCH")
    network.fault("late-status", "DELETE")
    network.fault("delay", "POST", ".*/addons", pause=3.5)
    network.fault("status", "POST", "/addon-attachments", status=429, headers={"Retry-After": "1"})
    network.fault("reset", "PATCH")


def test_a_migration_through_a_faulty_network_ends_like_an_undisturbed_one(stage: Stage) -> None:
    old = stage.call("GET", "+/config-vars")
    add_on = stage.call("GET", "+/addons")[0]
    stage.call("POST", "/addon-attachments", {"addon": add_on["name"], "app": stage.app, "name": "RABBIT"})
    token = stage.call("POST", "/oauth/authorizations")
    stage.settled()
    asked = len(stage.requests())
    with FaultyNetwork(stage.address.api_url) as network, stage.traffic() as traffic:
        break_reads(network)
        break_writes(network)
        words = ("--to", "bunny", "--confirm", stage.app, "--json")
        key = token["access_token"]["token"]
        with running(stage.start(*words, wrapper=IMPATIENT, HEROKU_HOST=network.url, HEROKU_API_KEY=key)) as process:
            until(lambda: effects(stage, asked)[1:2], seconds=90)
            stage.call("DELETE", f"/oauth/authorizations/{token['id']}")
            revoked = finish(process)
        check_revoked(revoked)
        again = ("resume", str(revoked.result["migration"]), "--json")
        unclear = finish(stage.start(*again, wrapper=IMPATIENT, HEROKU_HOST=network.url))
        check_unclear(unclear, stage.app)
        # By then the token may have been revoked, so the next process may have had to ask about the removal.
        assert settled(revoked) | settled(unclear) == {"eager-on", "remove", "add"}
        last = finish(stage.start(*again, wrapper=IMPATIENT, HEROKU_HOST=network.url))
        traffic.stop()
    judgement = stage.verdict()

    assert (last.status, last.result["code"]) == (0, "DONE"), last.err
    assert judgement.clean, judgement
    check_moved(stage, old)
    assert effects(stage, asked) == ["PATCH", "DELETE", "POST", "POST", "PATCH"]
    assert [fault for fault in network.faults if not fault.met] == []


def effects(stage: Stage, asked: int) -> list[str]:
    """The methods of all writes to the app that Heroku has carried out since so many requests."""
    writes = [item for item in stage.requests()[asked:] if item["method"] != "GET"]
    return [item["method"] for item in writes if item["status"] < 400 and "/oauth/" not in item["path"]]


def check_revoked(finished: Finished) -> None:
    assert (finished.status, finished.result["code"]) == (3, "TOKEN_REFUSED"), finished.err
    assert finished.result["next"][0] == "heroku login"
    assert any("no usable answer" in reason for reason in reasons(finished, "drain"))


def check_unclear(finished: Finished, app: str) -> None:
    assert (finished.status, finished.result["code"]) == (10, "OUTCOME_UNKNOWN"), finished.err
    assert "eager-off" in finished.result["what"]
    assert finished.result["next"][0].startswith(f"heroku releases --app {app}")
    assert any("HTTP 503" in reason for reason in reasons(finished, "add"))
    assert any("attach-RABBIT was not carried out" in item["text"] for item in of_type(finished, "step.noted"))


def of_type(finished: Finished, kind: str) -> list[dict[str, Any]]:
    return [event for event in finished.events if event["type"] == kind]


def settled(finished: Finished) -> set[str]:
    """The calls whose outcome was found by asking."""
    return {event["effect"] for event in of_type(finished, "effect.confirmed") if event["settled"]}


def reasons(finished: Finished, step: str) -> list[str]:
    return [event["reason"] for event in of_type(finished, "step.waiting") if event["step"] == step]
