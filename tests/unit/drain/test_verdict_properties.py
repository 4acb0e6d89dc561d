"""Empty is the verdict on which a broker is deleted: what it needs holds for every series of observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakes.broker_reports import HELD, RUNNING, a_node, a_queue, inventory_of, queues, workers
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from migrate.brokers.report import Observation, Unreadable
from migrate.drain.verdict import SETTLE_LAGGING, SETTLE_LIVE, Empty, NotEmpty, Unknown, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.brokers.report import Inventory, QueueReport, WorkerReport

QUIET = "quiet"
UNKNOWN = (
    "queues unreadable",
    "queue down",
    "queue uncounted",
    "mailbox elsewhere",
    "register unreadable",
    "register not asked",
    "workers unreadable",
    "workers not asked",
    "worker missing",
)
BUSY = ("ready", "unacknowledged", "delayed", "active", "reserved", "held")
EXPECTED = 2


@dataclass(frozen=True)
class Look:
    """An observation by what is wrong with it, from which the real one is built."""

    kind: str
    gap: float
    accepted: int

    def at(self, moment: float, *, live: bool, type_: str) -> Observation:
        report = self._queues(live=live, type_=type_)
        told = self._workers()
        return Observation(moment, report, told, self._inventory(report, told))

    def _inventory(
        self, report: QueueReport | Unreadable, told: WorkerReport | Unreadable | None
    ) -> Inventory | Unreadable | None:
        if self.kind == "register unreadable":
            return Unreadable("HTTP 500")
        if self.kind == "register not asked":
            return None
        known = inventory_of(report, told)
        if self.kind == "mailbox elsewhere":
            return replace(known, queues=known.queues - {"celery@two.celery.pidbox"})
        if self.kind == "queue uncounted":
            return replace(known, queues=known.queues | {"crashed"})
        return replace(known, delayed={"later": int(self.kind == "delayed")})

    def _queues(self, *, live: bool, type_: str) -> QueueReport | Unreadable:
        if self.kind == "queues unreadable":
            return Unreadable("HTTP 500")
        count = a_queue(
            ready=int(self.kind == "ready"),
            unacknowledged=int(self.kind == "unacknowledged"),
            type_=type_,
            state="down" if self.kind == "queue down" else "running",
        )
        return queues(a_queue("other", type_=type_), count, live=live)

    def _workers(self) -> WorkerReport | Unreadable | None:
        if self.kind == "workers unreadable":
            return Unreadable("no connection")
        if self.kind == "workers not asked":
            return None
        node = a_node(
            active=(RUNNING,) if self.kind == "active" else (),
            reserved=int(self.kind == "reserved"),
            held=(HELD,) if self.kind == "held" else (),
            accepted=self.accepted,
        )
        return workers(node) if self.kind == "worker missing" else workers(node, a_node("celery@two"))


GAPS = st.sampled_from([0.5, 1.0, 2.0, 3.0, 4.5, 5.0, 9.0, 10.0])
LOOKS = st.builds(Look, st.sampled_from([QUIET] * 12 + [*UNKNOWN, *BUSY]), GAPS, st.sampled_from([7, 7, 7, 7, 8]))
QUIET_LOOKS = st.lists(st.builds(Look, st.just(QUIET), GAPS, st.just(7)), min_size=1, max_size=12)
SERIES = st.lists(LOOKS, min_size=1, max_size=12)
LIVE = st.booleans()
TYPES = st.sampled_from(["classic", "quorum", "stream"])


def observed(looks: Sequence[Look], *, live: bool = True, type_: str = "classic") -> list[Observation]:
    moment, series = 1000.0, []
    for look in looks:
        moment += look.gap
        series.append(look.at(moment, live=live, type_=type_))
    return series


def quiet_seconds(looks: Sequence[Look]) -> float:
    """How long it has been quiet at the end, or -1: told from how the looks were made, not from what they show."""
    if looks[-1].kind != QUIET:
        return -1
    seconds = 0.0
    for earlier, later in zip(looks[-2::-1], looks[:0:-1], strict=True):
        if (earlier.kind, earlier.accepted) != (QUIET, looks[-1].accepted):
            break
        seconds += later.gap
    return seconds


@settings(max_examples=400)
@given(SERIES, LIVE, TYPES)
@example([Look(QUIET, 1, 7), Look(QUIET, 5, 7)], True, "classic")
@example([Look(QUIET, 1, 7), Look(QUIET, 5, 8)], True, "classic")
@example([Look(QUIET, 1, 7), Look(QUIET, 5, 7)], False, "classic")
def test_empty_needs_and_is_a_full_window_of_readable_zeros_with_unmoved_totals(
    looks: list[Look],
    live: bool,  # noqa: FBT001
    type_: str,
) -> None:
    window = SETTLE_LIVE if live and type_ == "classic" else SETTLE_LAGGING
    quiet = quiet_seconds(looks)

    verdict = judge(observed(looks, live=live, type_=type_), EXPECTED)

    assert isinstance(verdict, Empty) == (quiet >= window)
    if isinstance(verdict, Empty):
        assert verdict.settled == quiet


@given(QUIET_LOOKS, st.sampled_from(UNKNOWN), LIVE)
def test_a_last_look_that_could_not_be_read_is_unknown_however_quiet_it_was_before(
    looks: list[Look],
    kind: str,
    live: bool,  # noqa: FBT001
) -> None:
    verdict = judge(observed([*looks, Look(kind, 1.0, 7)], live=live), EXPECTED)
    assert isinstance(verdict, Unknown)
    assert verdict.reason


@given(QUIET_LOOKS, st.sampled_from(BUSY), LIVE)
def test_a_last_look_that_shows_work_is_not_empty_however_quiet_it_was_before(
    looks: list[Look],
    kind: str,
    live: bool,  # noqa: FBT001
) -> None:
    assert isinstance(judge(observed([*looks, Look(kind, 1.0, 7)], live=live), EXPECTED), NotEmpty)


@given(QUIET_LOOKS, st.sampled_from(["quorum", "cached"]))
def test_quorum_queues_or_a_cached_listing_need_the_long_window(looks: list[Look], lag: str) -> None:
    assume(quiet_seconds(looks) < SETTLE_LAGGING)
    series = observed(looks, live=lag != "cached", type_="quorum" if lag == "quorum" else "classic")
    assert isinstance(judge(series, EXPECTED), NotEmpty)


@given(SERIES, QUIET_LOOKS)
def test_what_was_before_an_empty_window_does_not_take_it_back(history: list[Look], window: list[Look]) -> None:
    assume(isinstance(judge(observed(window), EXPECTED), Empty))
    assert isinstance(judge(observed([*history, *window]), EXPECTED), Empty)


@given(QUIET_LOOKS, st.integers(min_value=3, max_value=9))
def test_a_worker_too_few_is_never_empty(looks: list[Look], expected: int) -> None:
    assert isinstance(judge(observed(looks), expected), Unknown)
