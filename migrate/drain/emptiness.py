"""Watching a broker until it is proven empty, and proving it again at the last moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.brokers.report import Observation, QueueReport, WorkerReport
from migrate.changes.diversion import require_diverted, require_left, require_moved_back
from migrate.changes.releases import PREBOOT_SECONDS, SHUTDOWN_SECONDS
from migrate.drain.attention import Attention
from migrate.drain.pace import Pace, pause_in_quiet
from migrate.drain.verdict import Empty, NotEmpty, is_quiet, judge, quiet_for, stands_still, still_empty
from migrate.errors import NotDrained
from migrate.waits import Waiting
from migrate.workers.quiet import answering_workers, quiesce, restore

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clients.broker import Broker
    from migrate.drain.verdict import Verdict
    from migrate.run import Run

FRESH_SECONDS: Final = 60.0
"""A proof that is older than this is none."""
REMEMBERED_SECONDS: Final = 120.0
ASK_SECONDS: Final = 10.0
"""How often the workers are asked what they hold while messages are left that are all with them."""
ROUNDS: Final = 5
"""So often something may be published while the workers come to rest."""
_BREATH: Final = 0.01
"""Seconds between two looks at the very least."""
DYNOS_UP: Final = "dynos-up"
"""The note of when every dyno of the eager release was up."""


class Subject(Struct, frozen=True):
    """A broker that is to be found empty."""

    broker: Callable[[Run], Broker]
    expected: Callable[[Run], int]
    """How many workers must answer on it."""
    require: Callable[[Run], None]
    """Raises WorldChanged unless nothing is published to it by what the app's variables say."""
    name: str = "The old broker"
    """At the beginning of a sentence."""


DRAINED: Final = Subject(lambda run: run.broker(), answering_workers, require_diverted)
"""The old broker, which the workers read."""
LEFT: Final = Subject(lambda run: run.old_broker(), lambda _run: 0, require_left)
"""The old broker, when the app's names have gone to the new one."""
GIVEN_BACK: Final = Subject(lambda run: run.new_broker(), lambda _run: 0, require_moved_back, "The new broker")
"""On the way back the new broker, when the app's names have gone to the old one."""


def watch(run: Run, subject: Subject = DRAINED, *, leave: bool = False) -> None:
    """Look at a broker until it is empty for good; leaves the last look in ``run.proof``.

    Empty means: the verdict of drain.py, and old dynos, which publish until they are killed, are gone.
    Raises NotDrained at the deadline, with ``leave`` as soon as nothing moves any more; WorldChanged when the app
    may publish to it.
    """
    subject.require(run)
    run.proof = None
    old_dynos_gone = run.clock.monotonic() + _old_dynos_seconds(run)
    broker = subject.broker(run)
    watching = _Watch(run, broker, subject.expected(run), old_dynos_gone, leave=leave, name=subject.name)
    run.proof = run.waiter.until(watching.look, run.limits.drain, expired=watching.not_drained)
    run.proven = (broker.address.label, subject.expected(run))


@dataclass
class _Watch:
    """One watch over the old broker: what was seen in it so far."""

    run: Run
    broker: Broker
    expected: int
    """How many workers must answer."""
    old_dynos_gone: float
    """Monotonic seconds."""
    leave: bool = False
    """Whether it ends when nothing moves any more."""
    name: str = ""
    """Of the broker, at the beginning of a sentence."""
    seen: list[Observation] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    asked: float = -ASK_SECONDS
    """When the workers were last asked, on the monotonic clock."""
    cached_said: bool = False

    def __post_init__(self) -> None:
        # Loaded by who watches a broker: whoever only names or previews a drain has no use for it.
        from migrate.lookout.lookout import Lookout  # noqa: PLC0415

        self.attention = Attention(self.run)
        self.lookout = Lookout(self.run, self.broker, self.expected, self.old_dynos_gone)

    def look(self) -> Observation | Waiting:
        """Look once; answer with that look when it is the one that proves the broker empty."""
        self.attention.pay()
        sorting = self.run.migration.sorting
        now = self.broker.observe(self.run.clock, self.expected, sorting, ask_workers=self._all_with_workers())
        self.asked = now.at if isinstance(now.workers, WorkerReport) else self.asked
        self.seen.append(now)
        _forget(self.seen)
        self.pace = self.pace.after(now, sorting)
        self._say_if_cached(now)
        verdict = judge(self.seen, self.expected, sorting)
        left = self.old_dynos_gone - self.run.clock.monotonic()
        if isinstance(verdict, Empty) and left <= 0:
            return now
        self.lookout.look(now)
        waiting = self.lookout.waiting(Waiting(_reason(verdict, left), again=self._again(now, left)), self.seen)
        if self.leave and stands_still(self.seen, sorting):
            raise self.not_drained(waiting)
        return waiting

    def not_drained(self, last: Waiting) -> NotDrained:
        """Given the last reason to wait, return what ends the watch at its deadline."""
        error = self.lookout.not_drained(last, self.seen)
        error.what = f"{self.name} is not empty, or cannot be proven to be."
        return error

    def _again(self, now: Observation, old_dynos: float) -> float:
        # What was read beside the verdict has taken its time, too; the end of the work does not wait for it.
        spent = self.run.clock.monotonic() - now.end
        return max(_BREATH, self._pause(now, old_dynos) - spent)

    def _pause(self, now: Observation, old_dynos: float) -> float:
        sorting = self.run.migration.sorting
        if is_quiet(now, self.expected, sorting):
            return pause_in_quiet(quiet_for(self.seen, self.expected, sorting), old_dynos)
        return self.pace.pause(now, sorting, self.run.clock.now())

    def _all_with_workers(self) -> bool:
        # Only they know for how long they keep it; asking costs the broker a dozen messages a worker.
        queues = self.seen[-1].queues if self.seen else None
        if not isinstance(queues, QueueReport) or self.run.clock.monotonic() - self.asked < ASK_SECONDS:
            return False
        return not any(queue.ready for queue in self.run.migration.sorting.work(queues))

    def _say_if_cached(self, now: Observation) -> None:
        if self.cached_said or not isinstance(now.queues, QueueReport) or now.queues.live or not now.queues.queues:
            return
        self.cached_said = True
        self.run.note("This server gives counts that may be seconds old, so all must stay empty for longer.")


def prove_again(run: Run, subject: Subject = DRAINED) -> None:
    """Return once a broker is empty now, seen in this process: by a look after a fresh proof, or by watching.

    Any message, any task that a worker took since, any reading that failed starts the watch anew. Says what is
    in queues that are ignored.
    """
    broker, expected = subject.broker(run), subject.expected(run)
    subject.require(run)
    # After the last question to Heroku, whose answer may have taken an outage to come.
    if run.proof is None or not _is_fresh(run, broker, expected):
        watch(run, subject)
        _say_what_is_given_up(run, run.proof)
        return
    now = broker.observe(run.clock, expected, run.migration.sorting)
    if not still_empty(run.proof, now, expected, run.migration.sorting):
        run.note(f"Something moved on {broker.address.label} since it was found empty; watching it again.")
        watch(run, subject)
        now = run.proof
    _say_what_is_given_up(run, now)


def prove_at_rest(run: Run) -> None:
    """Return once the old broker is empty and the workers that read it are at rest, so that they may be restarted.

    What is published while they come to rest is theirs: they are put back for it. Raises NotDrained where that has
    no end.
    """
    for _ in range(ROUNDS):
        prove_again(run)
        quiesce(run)
        if _has_stayed_empty(run):
            return
        restore(run)
    raise NotDrained(
        "The old broker does not stay empty.",
        why=f"{ROUNDS} times something was published to it while the workers came to rest. They take it now.",
        next=f"heroku ps --app {run.app}    (find what still publishes there, such as beat or a script, and stop it)",
    )


def _has_stayed_empty(run: Run) -> bool:
    broker, expected = run.broker(), answering_workers(run)
    require_diverted(run)
    if run.proof is None or not _is_fresh(run, broker, expected):
        return False
    now = broker.observe(run.clock, expected, run.migration.sorting)
    return still_empty(run.proof, now, expected, run.migration.sorting)


def _is_fresh(run: Run, broker: Broker, expected: int) -> bool:
    young = run.proof is not None and run.clock.monotonic() - run.proof.at <= FRESH_SECONDS
    return young and run.proven == (broker.address.label, expected)


def _say_what_is_given_up(run: Run, last: Observation | None) -> None:
    if last is None or not isinstance(last.queues, QueueReport):
        return
    if given_up := run.migration.sorting.ignored(last.queues):
        names = ", ".join(f"{queue.name} ({queue.messages})" for queue in given_up[:10])
        more = f" and {len(given_up) - 10} more" if len(given_up) > 10 else ""  # noqa: PLR2004 -- the same
        total = sum(queue.messages for queue in given_up)
        run.note(f"{total} messages in ignored queues go with the broker: {names}{more}.")


def note_dynos_up(run: Run, version: int) -> None:
    """Write down that every dyno of a release is up: from now on old ones have so long to end."""
    run.journal.note(DYNOS_UP, {"version": version, "who": run.who})


def _old_dynos_seconds(run: Run) -> float:
    overlap = PREBOOT_SECONDS if run.heroku.preboot(run.app) else SHUTDOWN_SECONDS
    since, noted = run.journal.noted_at(DYNOS_UP), run.journal.noted(DYNOS_UP) or {}
    # Another machine's clock may be ahead or behind; its word would cut the wait short, or never let it end.
    if since is None or noted.get("who") != run.who:
        return overlap
    return min(overlap - (run.clock.now() - since).total_seconds(), overlap)


def _forget(seen: list[Observation]) -> None:
    while seen[-1].at - seen[0].at > REMEMBERED_SECONDS:
        del seen[0]


def _reason(verdict: Verdict, old_dynos: float) -> str:
    if isinstance(verdict, Empty):
        return f"empty; old dynos may still publish for {old_dynos:.0f} s"
    return verdict.reason if isinstance(verdict, NotEmpty) else f"not known: {verdict.reason}"
