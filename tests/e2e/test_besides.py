"""What an operator may have done besides, from the command line on: shown beforehand, and refused where wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from migrate.brokers.address import BrokerAddress

if TYPE_CHECKING:
    from e2e.stage import Stage

BESIDES = ("--pause", "web", "--maintenance", "--deploy", "command: make deploy")


def test_everything_besides_is_in_the_preview_and_no_password_is(stage: Stage) -> None:
    variables = f"/apps/{stage.app}/config-vars"
    url = stage.call("GET", variables)["CLOUDAMQP_URL"]
    stage.call("PATCH", variables, {"PASTED": url, "PROXY": "$CLOUDAMQP_URL"})

    finished = stage.run_unchanged("--to", "bunny", "--dry-run", "--json", *BESIDES)
    stage.call("PATCH", variables, {"PASTED": None, "PROXY": None})

    (preview,) = (event for line in finished.out.splitlines() if (event := json.loads(line))["type"] == "preview")
    steps = {step["step"]: step for step in preview["steps"]}
    assert {"pause", "redeploy", "maintenance-on", "redeploy-again", "maintenance-off", "unpause"} <= steps.keys()
    assert steps["redeploy"]["command"] == "make deploy"
    assert "PASTED rewritten to the new broker" in steps["eager-off"]["intended"]
    (found,) = (item for item in preview["findings"] if item["code"] == "COPIES_FOLLOW")
    password = BrokerAddress.from_url(url, "CLOUDAMQP_URL").password.reveal()
    assert ":***@" in found["what"]
    assert "PROXY" not in found["what"]
    assert password not in finished.out + finished.err
    assert quote(password, safe="") not in finished.out + finished.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--deploy", "push"), "There is no deploy 'push'."),
        (("--pause", "worker"), "worker runs a Celery worker, which is not paused."),
    ],
)
def test_what_makes_no_sense_is_refused(stage: Stage, options: tuple[str, ...], said: str) -> None:
    finished = stage.run_unchanged("--to", "bunny", "--dry-run", "--json", *options)

    assert (finished.status, finished.result["what"]) == (2, said)
    assert finished.result["next"]
