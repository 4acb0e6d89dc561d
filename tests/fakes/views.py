"""Views of migrations in the states that an operator sees, folded from the events that lead there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from migrate.events import MigrationStarted, ReleaseLive, Result, StepDone, StepNoted, StepStarted, StepWaiting
from migrate.exits import Exit
from migrate.listeners.view import View, after
from migrate.strategies import DOCUMENTED, SIDE_BY_SIDE, WAY_BACK, point_of_no_return

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.events import Event
    from migrate.steps import Step

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Story:
    """Events one after the other, a second apart."""

    def __init__(self, steps: tuple[Step, ...], strategy: str = "documented", *, back: bool = False) -> None:
        self.view, self.now = View(), NOON
        self._steps = steps
        self.hear(
            MigrationStarted(
                app="shop-production",
                add_on="cloudamqp-round-12345",
                from_plan="cloudamqp:lemur",
                to_plan="cloudamqp:bunny-1",
                strategy=strategy,
                steps=tuple(step.name for step in steps),
                resumed=back,
                back=back,
                began=NOON.isoformat(),
                point_of_no_return=point_of_no_return(steps),
                titles=tuple(step.title for step in steps),
            )
        )

    def hear(self, *events: Event) -> Story:
        for event in events:
            self.now += timedelta(seconds=1)
            self.view = after(self.view, event, self.now, "mig-7f3k2q")
        return self

    def until(self, name: str) -> Story:
        for step in self._steps:
            self.hear(StepStarted(step.name, step.title))
            if step.name == name:
                return self
            if step.name == "eager-on":
                self.hear(ReleaseLive(step.name, 12))
            self.hear(StepDone(step.name, 7.0))
        return self


def queue(name: str, ready: int, **more: Any) -> dict[str, Any]:
    rates = {"published_per_second": 0.52, "delivered_per_second": None}
    return {"name": name, "ready": ready, "unacknowledged": 0, "delayed": 0, "consumers": 2, **rates, **more}


def waiting(reason: str, *queues: Mapping[str, Any], **more: Any) -> StepWaiting:
    return StepWaiting("drain", reason, {"queues": list(queues), "messages": 42, **more})


def starting() -> Story:
    return Story(DOCUMENTED).until("preflight")


def draining() -> Story:
    story = Story(DOCUMENTED).until("drain")
    for left in range(400, 0, -10):
        story.hear(
            waiting(
                f"{left + 12} messages left",
                queue("celery", left),
                queue("mails", max(0, left - 350)),
                queue("reports.with-a-name-that-is-far-too-long.and-a-priority", 12, consumers=None),
                messages_per_second=10.5,
                seconds_left=190,
            )
        )
    return story


def stalled() -> Story:
    reason = (
        "12 messages left; 3 tasks (shop.tasks.remind, shop.tasks.charge) are due at 14:31:00 UTC, and no earlier"
    )
    story = Story(DOCUMENTED).until("drain")
    for _ in range(70):
        story.hear(waiting(reason, *(queue(f"queue-{n}", n) for n in range(60)), cause="no-consumer"))
    return story.hear(StepNoted("drain", "Nobody takes from queue-59, which had consumers when the migration began."))


def held() -> Story:
    story = Story(SIDE_BY_SIDE, "side-by-side").until("copy-alarms")
    kept = Result(Exit.DONE, "KEPT", "It was moved; the old add-on is kept.", "", "", ())
    return story.hear(StepDone("copy-alarms", 1.0), kept)


def failed() -> Story:
    what = "The old broker is not empty, or cannot be proven to be."
    return draining().hear(Result(Exit.RESUMABLE, "NOT_DRAINED", what, "12 left.", "In place.", (), "drain"))


def going_back() -> Story:
    return Story(WAY_BACK, back=True).until("eager-back").hear(StepWaiting("eager-back", "release v13 is pending"))


def with_two_brokers() -> Story:
    return Story(SIDE_BY_SIDE, "side-by-side").until("reattach")


STORIES = {
    story.__name__: story for story in (starting, draining, stalled, held, failed, going_back, with_two_brokers)
}
