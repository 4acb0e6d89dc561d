"""The frozen picture of app, add-on, broker and workers that a preview and the checks decide from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migrate.advice.process_commands import ProcessCommands
from migrate.brokers.queues import BY_RULE
from migrate.brokers.report import (
    Consumer,
    Inventory,
    QueueCount,
    QueueReport,
    Software,
    Unreadable,
    WorkerReport,
)
from migrate.migration import EAGER_STRATEGIES, beside_of, spare_of
from migrate.platform import at_least
from migrate.topology.beyond_celery import beyond_celery
from migrate.workers.unrest import Unheard, unheard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.pasted_copies import Copy
    from migrate.brokers.queues import Sorting
    from migrate.brokers.statistics import QueueRates
    from migrate.migration import Migration
    from migrate.platform import AddOn, App, Attachment, Dyno, Plan, ProcessType, Release
    from migrate.topology.shapes import Topology


class BrokerFacts(Struct, frozen=True):
    """What the broker and its workers answered; each reading may have failed on its own."""

    label: str | Unreadable
    """Host and vhost."""
    version: str | Unreadable
    queues: QueueReport | Unreadable
    consumers: tuple[Consumer, ...] | Unreadable
    workers: WorkerReport | Unreadable
    inventory: Inventory | Unreadable = field(default_factory=lambda: Unreadable("it was not asked for"))
    dead_letters: frozenset[str] = frozenset()
    """Queues to which others send what was rejected or has expired."""
    sorting: Sorting = BY_RULE
    software: tuple[Software, ...] | Unreadable = field(default_factory=lambda: Unreadable("they were not asked"))
    """What the workers run that answered."""
    rates: Mapping[str, QueueRates] | Unreadable = field(
        default_factory=lambda: Unreadable("they were not asked for")
    )
    """What goes through each queue a second."""
    topology: Topology | Unreadable = field(default_factory=lambda: Unreadable("it was not asked for"))
    """All that there is in the vhost."""

    @property
    def work(self) -> tuple[QueueCount, ...]:
        """The queues that must be empty in the end; none where they could not be read."""
        return () if isinstance(self.queues, Unreadable) else self.sorting.work(self.queues)

    @property
    def consumed_queues(self) -> tuple[str, ...]:
        """The work queues that have consumers now, by the broker's list or by what the workers say.

        The broker lists a new consumer up to 5 s late (measured: docs/draining.md).
        """
        nodes = () if isinstance(self.workers, Unreadable) else self.workers.nodes
        told = {queue for node in nodes for queue in node.queues if self._is_work(queue)}
        return tuple(sorted(told | {item.queue for item in self._work_consumers()}))

    @property
    def consuming_connections(self) -> int:
        """How many connections consume from work queues: every Celery worker has exactly one."""
        return len({item.connection for item in self._work_consumers()})

    @property
    def unheard(self) -> tuple[Unheard, ...]:
        """The workers that have a mailbox on the broker and did not answer; none where either could not be read."""
        if isinstance(self.workers, Unreadable) or isinstance(self.consumers, Unreadable):
            return ()
        return unheard(self.consumers, {node.name for node in self.workers.nodes})

    @property
    def beyond_celery(self) -> Topology | Unreadable:
        """What there is in the vhost beyond what Celery makes for itself."""
        if isinstance(self.topology, Unreadable):
            return self.topology
        return beyond_celery(self.topology, self.consumed_queues)

    def _work_consumers(self) -> tuple[Consumer, ...]:
        if isinstance(self.consumers, Unreadable):
            return ()
        return tuple(item for item in self.consumers if self._is_work(item.queue))

    def _is_work(self, queue: str) -> bool:
        return self.sorting.is_work(queue, None if isinstance(self.queues, Unreadable) else self.queues)


class Facts(Struct, frozen=True):
    """Everything that was read, once, before anything is decided. No secret is in it."""

    app: App
    add_on: AddOn
    attachments: tuple[Attachment, ...]
    """Of this add-on, on every app."""
    plans: tuple[Plan, ...]
    target: str
    """The plan that was asked for, with its service."""
    formation: tuple[ProcessType, ...]
    dynos: tuple[Dyno, ...]
    releases: tuple[Release, ...]
    """Newest first."""
    preboot: bool
    eager: str | None
    marker: str | None
    copies: tuple[Copy, ...]
    """Variables that hold the old broker's host, user or password besides the add-on's own, on every attached app."""
    broker: BrokerFacts
    drain_by: str = "workers"
    """Who is to empty the old broker, once that is decided: ``workers`` or ``dynos``."""
    remap_sigterm: str | None = None
    """The app's variable of that name: which signal its workers take SIGTERM for."""
    scale_up: Mapping[str, int] = field(default_factory=dict)
    """How many dynos of a process type the operator wants at least while it drains."""
    strategy: str = "documented"
    """How the operator wants it."""
    bridge_workers: Mapping[str, int] = field(default_factory=dict)
    """How many one-off dynos of a process type the operator wants on the new broker before the switch."""
    several_per_app: bool = True
    """Whether an app may have more than one add-on of the service at once."""
    variables: frozenset[str] = frozenset()
    """The names of the app's config vars."""
    other_add_ons: tuple[str, ...] = ()
    """The names of the app's other add-ons of the service."""
    rewritten: tuple[str, ...] = ()
    """The variables of the app that are to lead to the new broker in the end, once that is decided."""
    paused: Mapping[str, int] = field(default_factory=dict)
    """How many dynos there are of each process type that is not to run meanwhile, once that is decided."""
    commands: ProcessCommands = field(default_factory=ProcessCommands)
    """What the formation runs, by its command lines."""
    deploy: str = "release"
    """What is to make one more release after those of the variables, as a migration keeps it."""

    def decided(self, migration: Migration) -> Facts:
        """Given a migration, return the facts with what was decided about it."""
        return replace(
            self,
            drain_by=migration.drain_by,
            scale_up=migration.scale_up,
            strategy=migration.strategy,
            rewritten=migration.copies,
            paused=migration.paused,
            deploy=migration.deploy,
            bridge_workers=migration.bridge_workers,
        )

    @property
    def is_eager(self) -> bool:
        """Whether eager mode is what is to keep tasks from the old broker."""
        return self.strategy in EAGER_STRATEGIES

    @property
    def followed_copies(self) -> tuple[Copy, ...]:
        """The copies that are rewritten."""
        return tuple(item for item in self.copies if item not in self.left_copies)

    @property
    def left_copies(self) -> tuple[Copy, ...]:
        """The copies that stay as they are."""
        return tuple(item for item in self.copies if item.app or item.doubt or item.variable not in self.rewritten)

    @property
    def own_attachments(self) -> tuple[str, ...]:
        """The names under which the app itself knows the add-on, the plain service name first."""
        names = [item.name for item in self.attachments if item.app == self.app.name]
        plain = self.add_on.service.upper()
        return tuple(sorted(names, key=lambda name: (name != plain, name)))

    @property
    def beside(self) -> str:
        """The name under which a new add-on comes while the app's own names lead to the old one."""
        return beside_of(self.own_attachments[0])

    @property
    def spare(self) -> str:
        """The name under which the old add-on stays when the app's own names have gone to the new one."""
        return spare_of(self.own_attachments[0])

    @property
    def current_plan(self) -> Plan | None:
        """The plan that the add-on is on, where the live list still has it."""
        return next((plan for plan in self.plans if plan.name == self.add_on.plan), None)

    @property
    def target_plan(self) -> Plan | None:
        """The plan that was asked for, or None when it cannot be ordered."""
        return orderable(self.target, self.plans)

    @property
    def expected_workers(self) -> int:
        """How many workers there must be, by the formation or by the broker, whichever is more."""
        return max(sum(self.worker_dynos.values()), self.broker.consuming_connections)

    @property
    def worker_dynos(self) -> dict[str, int]:
        """How many dynos there should be of each type that is seen to run a Celery worker."""
        return {item.type: item.quantity for item in self.formation if item.runs_celery_worker}

    @property
    def draining_types(self) -> tuple[ProcessType, ...]:
        """The process types whose commands drain dynos run, each with how many of these there are."""
        counts = at_least(self.worker_dynos, self.scale_up)
        return tuple(replace(item, quantity=counts[item.type]) for item in self.formation if counts.get(item.type))

    @property
    def restarted_dynos(self) -> int:
        """How many dynos each release restarts."""
        return sum(item.quantity for item in self.formation if item.type != "release")

    @property
    def has_release_phase(self) -> bool:
        """Whether releases run a command first, during which config reads show the old values."""
        return any(item.type == "release" for item in self.formation)


class Surveyed(Struct, frozen=True):
    """Facts, and when their reading began."""

    facts: Facts
    at: float
    """Monotonic seconds of this process's clock."""


def orderable(name: str, plans: tuple[Plan, ...]) -> Plan | None:
    """Given a plan's full name and the live list, return the plan, or None when it cannot be ordered."""
    return next((plan for plan in plans if plan.name == name and plan.state != "shutdown"), None)
