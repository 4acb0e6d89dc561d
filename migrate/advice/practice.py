"""How an app uses its broker: the frozen picture that advice rests on. No secret is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from migrate.advice.process_commands import ProcessCommands
from migrate.brokers.plan_pairs import SHARED, kind_of_plan
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from migrate.advice.process_commands import WorkerCommand
    from migrate.advice.web_commands import WebCommand
    from migrate.brokers.pasted_copies import Copy
    from migrate.brokers.report import Consumer, QueueReport, Software, WorkerReport
    from migrate.brokers.statistics import Client
    from migrate.platform import Dyno, ProcessType


def _not_asked() -> Unreadable:
    return Unreadable("it was not asked for")


class Practice(Struct, frozen=True):
    """What was read, once; each reading may have failed on its own."""

    app: str
    add_on: str
    """The add-on's name."""
    plan: str
    """The add-on's plan with its service, as in ``cloudamqp:lemur``."""
    formation: tuple[ProcessType, ...] = ()
    dynos: tuple[Dyno, ...] = ()
    """One-off dynos among them."""
    commands: ProcessCommands = field(default_factory=ProcessCommands)
    """What the formation runs."""
    workers: WorkerReport | Unreadable = field(default_factory=_not_asked)
    """Those that answered, with those of their settings that advice is about. No node is no proof of no worker."""
    software: tuple[Software, ...] | Unreadable = field(default_factory=_not_asked)
    """What these workers run, in their order."""
    version: str | Unreadable = field(default_factory=_not_asked)
    """Of the broker, such as ``4.1.4`` or ``LavinMQ 2.4.0``."""
    queues: QueueReport | Unreadable = field(default_factory=_not_asked)
    clients: tuple[Client, ...] | Unreadable = field(default_factory=_not_asked)
    """The open AMQP connections, this program's own among them; a new one is listed some seconds late."""
    consumers: tuple[Consumer, ...] | Unreadable = field(default_factory=_not_asked)
    connection_limit: int | Unreadable | None = field(default_factory=_not_asked)
    """As the broker has it now; None where it sets none."""
    queue_limit: int | Unreadable | None = field(default_factory=_not_asked)
    """Likewise."""
    variables: frozenset[str] = frozenset()
    """The names of the app's config vars."""
    own_variables: frozenset[str] = frozenset()
    """The names of those that are the add-on's own."""
    copies: tuple[Copy, ...] | Unreadable = field(default_factory=_not_asked)
    """The other variables that hold a part of the broker's address, masked."""
    web_concurrency: int | Unreadable | None = None
    """The config var WEB_CONCURRENCY; None where it is not set."""
    address: str | Unreadable = field(default_factory=_not_asked)
    """The broker's host and vhost."""

    source: str = "app"
    """``app``; ``one-off`` where a one-off dyno told its settings; ``checkout``, which has no broker."""
    turns_eager: bool | None = None
    """Whether the app turns eager by CELERY_ALWAYS_EAGER; None where that was not tried."""
    is_to_move: bool = False
    """Whether it is looked at for a migration."""

    @property
    def worker_commands(self) -> tuple[WorkerCommand, ...]:
        """Every Celery worker that a process type is seen to start."""
        return self.commands.workers

    @property
    def web_commands(self) -> tuple[WebCommand, ...]:
        """Every web server that a process type starts, one that the command does not show among them."""
        return self.commands.webs

    @property
    def is_checkout(self) -> bool:
        """Whether a checkout was read."""
        return self.source == "checkout"

    @property
    def is_mute(self) -> bool:
        """Whether no worker has told its settings."""
        return isinstance(self.workers, Unreadable) or not self.workers.nodes

    @property
    def is_shared(self) -> bool:
        """Whether the plan is one of a shared server, where connections and messages are counted."""
        return kind_of_plan(self.plan) in SHARED
