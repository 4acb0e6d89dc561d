"""Any order of processes, deaths, refusals and strangers: the promises hold in every state that can be reached.

    make model EXAMPLES=20000

walks others at every call. Those of `make test` are the same each time: what is found there was made by the change.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import amqp
import pytest
from fakes.heroku import FakeBroker, FakeHeroku
from fakes.machine import Killed, Machine
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from migrate import fault_points
from migrate.errors import AccountStopped, AppHeld, HerokuRefused, HerokuUnreachable, OutcomeUnknown, TokenRefused
from migrate.exits import Exit
from migrate.migration import EAGER, MARKER, Choices
from migrate.results import Stopped
from migrate.store.journal import Journal
from migrate.ways.closing import abandon

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.events import Result

pytestmark = pytest.mark.crash

EXAMPLES: Final = os.environ.get("MODEL_EXAMPLES", "")
OLD: Final = "cloudamqp-old-1"
ID: Final = "mig-7f3k2q"
WRITES: Final = ("set eager", "remove", "add", "attach RABBIT", "unset eager")
TWO: Final = ("side-by-side", "bridge")
BY_TWO: Final = (
    "set bridge",
    "unset bridge",
    "attach CLOUDAMQP_OLD",
    "move CLOUDAMQP to cloudamqp:bunny",
    "move RABBIT to cloudamqp:bunny",
    "detach CLOUDAMQP_NEW",
    "move CLOUDAMQP to cloudamqp:lemur",
    "remove new",
    "detach CLOUDAMQP_OLD",
    "change to cloudamqp:bunny",
    "change to cloudamqp:lemur",
)
"""What is written besides in other strategies than documented, and on their ways back."""
BY_DYNOS: Final = ("scale worker=0", f"run {ID}:worker.1:1", "stop run.1001", "scale worker=1")
"""What is written besides where dynos drain."""
EVERY_WRITE: Final = (*WRITES, *BY_DYNOS, *BY_TWO)
DEATHS: Final[Mapping[str, Callable[[], BaseException]]] = {
    "killed": Killed,
    "interrupted": lambda: Stopped(Exit.INTERRUPTED),
}
REFUSALS: Final = {
    "refused": HerokuRefused,
    "lost reply": OutcomeUnknown,
    "not sent": HerokuUnreachable,
    "token revoked": TokenRefused,
    "card refused": AccountStopped,
}
RELEASING: Final = (
    "set eager",
    "unset eager",
    "set bridge",
    "unset bridge",
    "move CLOUDAMQP to cloudamqp:bunny",
    "move RABBIT to cloudamqp:bunny",
    "detach CLOUDAMQP",
    "move CLOUDAMQP to cloudamqp:lemur",
)
"""What makes a release whose failure is told, and tried again by resuming."""
ASKING: Final = {Exit.CHANGED, Exit.OUTCOME_UNKNOWN}
NEW: Final = "cloudamqp-mig-7f3k2q"
SETTLED: Final = {"done", "rolled-back", "abandoned", "ended"}

points = strategies.integers(min_value=0, max_value=120)


class AnyCourse(RuleBasedStateMachine):
    """Each rule is one process of the program, or something that happens between two of them."""

    def __init__(self) -> None:
        super().__init__()
        self.heroku = FakeHeroku("CLOUDAMQP", "RABBIT")
        self.folder = TemporaryDirectory()
        self.machine = Machine("", self.heroku, spools=Path(self.folder.name))
        self.clock = self.machine.clock
        self.looks: list[float] = []
        self.began = 0.0
        self.strategy = "documented"
        self.meddled = False
        self.letters: list[tuple[bytes, bytes]] = []
        self.published = 4
        self.old.ready = self.published
        self.old.on_look = self.look
        self.removals: list[str] = []

    @property
    def new(self) -> FakeBroker | None:
        """The broker of the add-on that was added; None where there is none."""
        names = [
            item.name for item in self.heroku.add_ons("shop") if item.state == "provisioned" and item.name != OLD
        ]
        return self.heroku.broker_of(names[0]) if names else None

    @property
    def old(self) -> FakeBroker:
        return self.heroku.broker_of(OLD)

    @initialize(
        at=points,
        death=strategies.sampled_from(["none", *DEATHS]),
        by_dynos=strategies.booleans(),
        strategy=strategies.sampled_from(["documented", "documented", *TWO, "in-place"]),
    )
    def begin(self, at: int, death: str, strategy: str, *, by_dynos: bool) -> None:
        self.strategy, self.machine.choices = strategy, Choices(strategy, ("IN_PLACE_UNLIKELY",))
        self.heroku.reads_variable = by_dynos
        self.process(self.machine.begin, self.dying(at, death))

    @rule(at=points, death=strategies.sampled_from(["none", *DEATHS]))
    def resume(self, at: int, death: str) -> None:
        self.process(self.machine.resume, self.dying(at, death))

    @rule(write=strategies.sampled_from(EVERY_WRITE), refusal=strategies.sampled_from(sorted(REFUSALS)))
    def resume_and_be_refused(self, write: str, refusal: str) -> None:
        self.heroku.before = self.once(write, REFUSALS[refusal]("no", why="as arranged"))
        self.process(self.machine.resume)

    @rule(write=strategies.sampled_from(EVERY_WRITE))
    def resume_and_lose_the_reply(self, write: str) -> None:
        self.heroku.after = self.once(write, OutcomeUnknown("no reply"))
        self.process(self.machine.resume)

    @rule(write=strategies.sampled_from(RELEASING), survive=strategies.booleans())
    def resume_into_a_failing_release(self, write: str, *, survive: bool) -> None:
        self.heroku.fails, self.heroku.failed_changes_survive = {write}, survive
        self.process(self.machine.resume)
        self.heroku.fails = set()

    @rule()
    def resume_and_have_no_add_on_provided(self) -> None:
        self.heroku.provisions = False
        self.process(self.machine.resume)
        self.heroku.provisions = True

    @rule(plan=strategies.sampled_from(["cloudamqp:tiger", "cloudamqp:lemur", "cloudamqp:bunny"]))
    def resume_to_another_plan(self, plan: str) -> None:
        self.process(lambda: self.machine.resume(plan))

    @rule(at=points, death=strategies.sampled_from(["none", *DEATHS]))
    def roll_back(self, at: int, death: str) -> None:
        self.process(self.machine.roll_back, self.dying(at, death))

    @precondition(lambda self: self.heroku.one_offs)
    @rule()
    def a_drain_dyno_ends(self) -> None:
        self.heroku.lose_dyno(self.heroku.one_offs[0][0].name)

    @precondition(lambda self: self.strategy in TWO and self.new)
    @rule()
    def somebody_publishes_to_the_new_broker(self) -> None:
        headers = {"id": f"letter-{len(self.letters)}", "task": "shop.tasks.send"}
        properties = amqp.Message(b"", application_headers=headers)._serialize_properties()
        self.letters.append((properties, f"letter {len(self.letters)}".encode()))
        if self.new is not None:
            self.new.mover.messages.append(self.letters[-1])

    @rule()
    def somebody_publishes(self) -> None:
        if not self.old.gone:
            self.old.ready += 1
            self.published += 1

    @precondition(lambda self: self.heroku.config.get(EAGER) == "True")
    @rule()
    def somebody_unsets_the_variable(self) -> None:
        self.as_somebody({EAGER: None})

    @rule()
    def a_second_machine_holds_the_app_for_a_while(self) -> None:
        before = list(self.heroku.writes)
        self.machine.store.leases["shop"] = ("eve@elsewhere pid 1", self.clock.now())
        with suppress(AppHeld):
            self.machine.resume()
            assert self.settled, "it went on although another one holds the app"
        assert self.heroku.writes == before
        self.machine.store.leases.clear()

    @rule(seconds=strategies.sampled_from([5, 90, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    @invariant()
    def never_two_add_ons_and_each_effect_once(self) -> None:
        living = [item for item in self.heroku.add_ons("shop") if item.state == "provisioned"]
        assert len(living) <= (2 if self.strategy in TWO else 1)
        assert self.heroku.writes.count("remove new") <= 1
        assert self.heroku.writes.count("remove") <= 1
        journal = self.journal
        assert self.heroku.writes.count("add") <= 1 + journal.failures("add")

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.old.taken + self.old.ready == self.published
        if self.old.gone:
            assert self.old.ready == 0

    @invariant()
    def never_two_dynos_drain_in_one_place_and_no_worker_is_eager(self) -> None:
        assert len(self.heroku.one_offs) <= 1
        assert self.old.taken_eagerly == 0

    @invariant()
    def nobody_holds_the_app_between_processes_but_a_dead_one(self) -> None:
        if self.settled:
            assert self.machine.store.holder("shop") is None

    def teardown(self) -> None:
        """Whatever has happened, what is typed at the end brings the app into a proper state."""
        with self.folder:
            self.end()

    def end(self) -> None:
        for _ in range(4):
            if self.settled:
                break
            result = self.process(self.machine.resume)
            stuck = result is not None and (result.exit in ASKING or result.code == "NOT_DRAINED")
            if stuck and result is not None and (result.back or any(" rollback " in line for line in result.choices)):
                self.process(self.machine.roll_back)
        if not self.settled:
            # The world was changed by somebody else after the eager release: resume refuses, with its reason.
            last = self.process(self.machine.resume)
            assert last is not None
            assert last.exit == Exit.CHANGED, (last.code, last.what, last.why)
            assert self.meddled, (last.what, last.why)
            abandon(self.machine.store, self.machine.store.record(ID), self.clock)
        assert self.settled
        self.check_proper()

    def check_proper(self) -> None:
        state, names = self.machine.state, set(self.heroku.config)
        if state == "done":
            assert names == {"CLOUDAMQP_URL", "RABBIT_URL"}
            assert self.old.gone == (self.strategy != "in-place")
            assert self.strategy not in TWO or (self.new and self.new.mover.messages == self.letters)
        if state == "rolled-back":
            assert names == {"CLOUDAMQP_URL", "RABBIT_URL"}
            assert self.new is None
            assert not self.old.gone
            assert self.old.consumers()
            assert sorted(self.old.mover.messages) == sorted(self.letters)
        if state == "ended":
            assert names == {"CLOUDAMQP_URL", "RABBIT_URL"}
        if state in {"done", "rolled-back", "ended"}:
            assert self.heroku.one_offs == []
            assert self.heroku.quantities == {"web": 1, "worker": 1}

    @property
    def settled(self) -> bool:
        return self.machine.state in SETTLED

    @property
    def journal(self) -> Journal:
        return Journal(self.machine.store, ID, self.clock)

    def process(self, run: Callable[[], Result], at_point: Callable[[str], None] = lambda _: None) -> Result | None:
        """Run one process of the program as the command line does; return how it ended, None for a death."""
        if run != self.machine.begin and self.settled:
            return None
        self.began = self.clock.monotonic()
        self.looks.clear()
        self.guard_the_removal()
        result = None
        with suppress(Killed), fault_points.armed(at_point):
            result = run()
        self.heroku.before = self.heroku.after = lambda _write: None
        if result is None:
            self.machine.store.leases.clear()  # its holder is a dead process of this machine
        else:
            check_told(result, self.settled)
        return result

    def guard_the_removal(self) -> None:
        arranged = self.heroku.before

        def before(write: str) -> None:
            arranged(write)
            if write == "remove new":
                assert self.new is not None
                assert self.new.mover.messages == []
                assert OLD in self.heroku.config["CLOUDAMQP_URL"]
            if write == "remove":
                assert self.old.ready == 0
                if self.strategy in TWO:
                    assert NEW in self.heroku.config["CLOUDAMQP_URL"]
                    assert NEW in self.heroku.config["RABBIT_URL"]
                else:
                    assert self.heroku.config[EAGER] == "True"
                    assert self.heroku.config[MARKER].startswith(ID)
                assert self.looks, "no look at the old broker in this process"
                assert self.looks[-1] >= self.began
                assert self.clock.monotonic() - self.looks[-1] < 60

        self.heroku.before = before

    def look(self, _broker: FakeBroker) -> None:
        self.looks.append(self.clock.monotonic())

    def dying(self, at: int, death: str) -> Callable[[str], None]:
        left = [at]

        def reached(_point: str) -> None:
            left[0] -= 1
            if left[0] == 0 and death in DEATHS:
                dies = DEATHS[death]
                raise dies()

        return reached

    def once(self, write: str, error: BaseException) -> Callable[[str], None]:
        raised: list[str] = []

        def call(now: str) -> None:
            if now == write and not raised:
                raised.append(now)
                raise error

        return call

    def as_somebody(self, changes: dict[str, str | None]) -> None:
        self.meddled = True
        self.heroku.patch_config_vars("shop", changes)
        self.heroku.writes.pop()


def check_told(result: Result, settled: Any) -> None:
    """Every end says what state the app is in, and what to type unless it is over."""
    assert result.state
    assert result.what
    if not settled:
        assert result.next, (result.code, result.what)
        assert result.next[-1].startswith("migrate-plan "), result.next
    assert result.code != "UNEXPECTED", result.why


TestAnyCourse = AnyCourse.TestCase
TestAnyCourse.settings = settings(
    max_examples=int(EXAMPLES or "300"),
    derandomize=not EXAMPLES,
    stateful_step_count=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
