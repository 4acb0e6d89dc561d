"""What `migrate-plan` says of an app between migrations, on real workers and a real broker."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from e2e.stage import finish

if TYPE_CHECKING:
    from e2e.stage import Stage


def test_an_idle_app_with_the_flags_counts_nothing_and_is_within_its_quota(ready_stage: Stage) -> None:
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
