"""What `migrate-plan` says of an app between migrations, on real workers and a real broker."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from e2e.stage import finish

if TYPE_CHECKING:
    from e2e.stage import Stage


COUNTED_LATE = 6.0
"""What the fixture has asked the workers is in the broker's counters after so many seconds at the latest."""


def test_an_idle_app_with_the_flags_counts_nothing_and_is_within_its_quota(ready_stage: Stage) -> None:
    time.sleep(COUNTED_LATE)
    stopped = ready_stage.start("messages", "--json", "--seconds", "600")
    counted = ready_stage.run_unchanged("messages", "--json", "--seconds", "20")
    stopped.send_signal(signal.SIGINT)
    interrupted = finish(stopped)

    assert counted.status == 0, counted.err
    (messages,) = (event for event in counted.events if event["type"] == "messages")
    assert messages["rate"]["standing"] == "within"
    assert messages["rate"]["quota"] == 1_000_000
    assert messages["rate"]["events_a_month"] == 0
    assert "WITHIN THE QUOTA: about 0 messages in 30 days" in counted.err
    assert (interrupted.status, interrupted.result["state"]) == (130, "Nothing was changed.")
    assert {event["type"] for event in interrupted.events} == {"step.waiting", "result"}
    ready_stage.check_no_secret_in(counted.out + counted.err + interrupted.out + interrupted.err)


def test_flower_is_told_what_to_say_and_only_reveal_shows_the_password(ready_stage: Stage) -> None:
    urls = ready_stage.call("GET", "+/config-vars")["CLOUDAMQP_URL"]
    password = urlsplit(urls).password or ""
    told, read = ready_stage.run_unchanged("flower"), ready_stage.run("flower", "--json")
    shown, both = ready_stage.run("flower", "--reveal"), ready_stage.run("flower", "--reveal", "--json")

    assert (told.status, read.status, shown.status, both.status) == (0, 0, 0, 2), told.out
    assert "celery -A migrate.sandbox.demo.tasks flower --port=$PORT" in told.out
    assert "it finds no queue" in told.out, "the vhost of this sandbox must be encoded"
    (event,) = (event for event in read.events if event["type"] == "flower")
    assert (event["processes"], event["places"]) == ([], [])
    assert f":{password}@" in shown.out
    ready_stage.check_no_secret_in(f"{told.out}{told.err}{read.out}{read.err}{shown.err}{both.out}{both.err}")


def test_a_flower_that_is_left_on_another_broker_is_found(ready_stage: Stage) -> None:
    there = "https://wolf:canary-left-behind@stingray.rmq.cloudamqp.com/api/"
    ready_stage.call("PATCH", "+/config-vars", {"FLOWER_BROKER_API": there})
    try:
        found = ready_stage.run("flower", "--json")
    finally:
        ready_stage.call("PATCH", "+/config-vars", {"FLOWER_BROKER_API": None})

    assert (found.status, found.result["code"]) == (4, "FLOWER_ELSEWHERE")
    assert "config var FLOWER_BROKER_API (https://***:***@stingray.rmq.cloudamqp.com/api/)" in found.result["why"]
    assert "canary" not in found.out + found.err
