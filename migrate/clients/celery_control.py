"""Celery's remote control: what the workers of one broker do, and whether they take more.

Spoken through kombu's mailbox on a single connection, because a plan at its connection limit is the usual
reason for a migration, and because a Celery application would let CELERY_BROKER_URL from our own environment
win over the address given here (celery/app/utils.py).
https://docs.celeryq.dev/en/stable/userguide/workers.html#remote-control
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from amqp.exceptions import NotFound, ResourceLocked
from kombu import Connection, Producer
from kombu.pidbox import Mailbox

from migrate.brokers.queues import mailbox
from migrate.brokers.report import BrokerUnreadable, WorkerReport
from migrate.clients.amqp_connection import CLIENT_PROPERTIES, CONNECT_SECONDS, reason, tls
from migrate.clients.worker_answers import TASK_ATTRIBUTES, software, worker_node
from migrate.clock import Clock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from migrate.brokers.address import BrokerAddress
    from migrate.brokers.report import Software

_ROLL_CALL_SECONDS: Final = 2.0
_ANSWER_SECONDS: Final = 10.0
_QUESTIONS: Final[dict[str, dict[str, Any]]] = {
    question: {} for question in ("active_queues", "stats", "scheduled", "active", "reserved")
}
_ABOUT_SETTINGS: Final[dict[str, dict[str, Any]]] = {"conf": {}, "registered": {"taskinfoitems": TASK_ATTRIBUTES}}


@dataclass
class CeleryControl:
    """Asks and tells the Celery workers that are connected to one broker."""

    address: BrokerAddress
    clock: Clock = field(default_factory=SystemClock)
    answered_at: Callable[[], BrokerAddress | None] = lambda: None
    """Where workers answer that read from one broker and publish to another; None: where they are asked."""
    _connection: Connection | None = field(default=None, repr=False)
    _answers: CeleryControl | None = field(default=None, repr=False)

    def connect(self) -> None:
        """Open an AMQP connection, or raise BrokerUnreadable with the reason."""
        try:
            connection = self._connection or _connection_to(self.address)
            connection.connect()
        except Exception as error:  # noqa: BLE001 -- kombu lets errors of several libraries through
            self.close()
            raise BrokerUnreadable(f"no AMQP connection ({reason(error)})") from None
        self._connection = connection

    def close(self) -> None:
        """Give the connections back; the plans may have few."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.release()
        answers, self._answers = self._answers, None
        if answers is not None:
            answers.close()

    def report(
        self,
        expected: int | None = None,
        *,
        mailboxes: Collection[str] = (),
        settings: bool = False,
        as_far_as_known: bool = False,
    ) -> WorkerReport:
        """Return every worker that answers; with ``expected``, the roll call ends as soon as that many have.

        Where the ``mailboxes`` are known that the broker has, it ends when there is an answer out of each.

        A worker that answers the roll call and not the questions makes the whole reading unusable; as far as known,
        it is left out like one that does not answer at all. Raises BrokerUnreadable.
        """
        names: Sequence[str] = self._answer_of_each(mailboxes) if mailboxes else self.roll_call(expected)
        answers: dict[str, dict[str, Any]] = {}
        for question, arguments in _QUESTIONS.items() if not settings else (_QUESTIONS | _ABOUT_SETTINGS).items():
            if not names:
                break
            answers[question] = self._ask(question, names, arguments, all_of_them=not as_far_as_known)
            names = [name for name in names if name in answers[question]]
        try:
            nodes = tuple(worker_node(name, {key: each[name] for key, each in answers.items()}) for name in names)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BrokerUnreadable(f"a worker answered in an unknown shape ({error})") from None
        return WorkerReport(nodes, self.clock.now())

    def roll_call(self, expected: int | None = None) -> tuple[str, ...]:
        """Return the names of the workers that answer a ping, sorted; an empty answer is no proof of absence."""
        replies = self._call("ping", {}, None, _ROLL_CALL_SECONDS, expected)
        return tuple(sorted({name for reply in replies for name in reply}))

    def _answer_of_each(self, mailboxes: Collection[str]) -> tuple[str, ...]:
        names = self.roll_call(len(mailboxes))
        if len(names) < len(mailboxes) or set(map(mailbox, names)) == set(mailboxes):
            return names
        # Some of the answers are of workers that the list does not have: there may be more of them.
        return self.roll_call()

    def celery_version(self, node: str) -> tuple[int, ...]:
        """Return the version of Celery that a worker runs; raises BrokerUnreadable where it does not say."""
        (software,) = self.software([node])
        if software.celery is None:
            raise BrokerUnreadable(f"{node} does not say which version of Celery it runs")
        return software.celery

    def software(self, nodes: Sequence[str]) -> tuple[Software, ...]:
        """Given workers that answer, return what each of them runs; raises BrokerUnreadable."""
        return tuple(map(software, self._ask("report", nodes).values())) if nodes else ()

    def cancel_consumer(self, nodes: Sequence[str], queue: str) -> None:
        """Make workers stop taking from one queue; what they have, they finish."""
        self._tell("cancel_consumer", nodes, queue)

    def add_consumer(self, nodes: Sequence[str], queue: str) -> None:
        """Make workers take from one queue again."""
        self._tell("add_consumer", nodes, queue)

    def leave_word(self, command: str, node: str, queue: str) -> None:
        """Tell a worker that does not answer now to ``cancel_consumer`` or ``add_consumer``.

        It does so as soon as it reads its mailbox: a solo pool when it has run what it was given before.
        """
        with self._speaking() as box:
            box.cast([node], command, {"queue": queue})

    def consumer_counts(self, queues: Iterable[str]) -> Mapping[str, int]:
        """Return how many consume from each queue, by the queue itself: at once, where every list lags.

        A queue that is gone has none. One that is exclusive to a connection is left out. Raises BrokerUnreadable.
        """
        counts = {queue: self._consumer_count(queue) for queue in queues}
        return {queue: count for queue, count in counts.items() if count is not None}

    def _consumer_count(self, queue: str) -> int | None:
        self.connect()
        try:
            # A refusal closes the channel, so that each question has its own.
            with closing(self._connection.channel()) as channel:  # type: ignore[union-attr]  # connected above
                return int(channel.queue_declare(queue, passive=True).consumer_count)
        except NotFound:
            return 0
        except ResourceLocked:
            return None
        except Exception as error:  # noqa: BLE001 -- kombu lets errors of several libraries through
            self.close()
            raise BrokerUnreadable(f"queue {queue} could not be asked for its consumers ({reason(error)})") from None

    def _tell(self, command: str, nodes: Sequence[str], queue: str) -> None:
        for node, reply in self._ask(command, nodes, {"queue": queue}).items():
            if not isinstance(reply, dict) or "ok" not in reply:
                raise BrokerUnreadable(f"{node} refused {command} of {queue}")

    def _ask(
        self,
        command: str,
        names: Sequence[str],
        arguments: Mapping[str, Any] | None = None,
        *,
        all_of_them: bool = True,
    ) -> dict[str, Any]:
        replies = self._call(command, arguments or {}, list(names), _ANSWER_SECONDS, len(names))
        answers = {name: answer for reply in replies for name, answer in reply.items()}
        if all_of_them and (silent := sorted(set(names) - set(answers))):
            raise BrokerUnreadable(f"no answer to {command} from {', '.join(silent)}")
        return answers

    def _call(
        self,
        command: str,
        arguments: Mapping[str, Any],
        names: list[str] | None,
        seconds: float,
        limit: int | None,
    ) -> list[dict[str, Any]]:
        with self._speaking() as box:
            if names is None:
                replies = box.multi_call(command, dict(arguments), timeout=seconds, limit=limit)
            else:
                replies = box.call(names, command, dict(arguments), timeout=seconds)
        return list(replies or ())

    @contextmanager
    def _speaking(self) -> Iterator[Any]:
        self.connect()
        answering = self._connected_to_answers() or self._connection
        box = _Mailbox("celery", type="fanout", accept=["json"], serializer="json", queue_exclusive=True)
        box.asking = self._connection
        try:
            yield box(answering)
        except Exception as error:  # noqa: BLE001 -- kombu lets errors of several libraries through
            self.close()
            raise BrokerUnreadable(f"remote control failed ({reason(error)})") from None

    def _connected_to_answers(self) -> Connection | None:
        """Return a connection to where the workers answer; None where they are asked."""
        address = self.answered_at()
        if self._answers is not None and self._answers.address != address:
            self._answers.close()
            self._answers = None
        if address is None:
            return None
        self._answers = self._answers or CeleryControl(address)
        self._answers.connect()
        return self._answers._connection  # noqa: SLF001 -- another one of us


class _Mailbox(Mailbox):
    """Hears answers on the connection that it is bound to, and asks on its own.

    A worker with CELERY_BROKER_WRITE_URL answers there, though it reads its questions elsewhere.
    """

    asking: Any
    """The connection for questions; kombu's own has no type."""

    @contextmanager
    def producer_or_acquire(self, producer: Any = None, channel: Any = None) -> Iterator[Producer]:  # noqa: ARG002 -- kombu's signature
        """Yield what publishes the question."""
        yield Producer(self.asking.default_channel, auto_declare=False)


def _connection_to(address: BrokerAddress) -> Connection:
    return Connection(
        transport="pyamqp",
        hostname=address.host,
        port=address.port,
        userid=address.user,
        password=address.password.reveal(),
        virtual_host=address.vhost,
        ssl=tls(address),
        connect_timeout=CONNECT_SECONDS,
        transport_options={"client_properties": dict(CLIENT_PROPERTIES)},
    )
