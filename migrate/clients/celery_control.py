"""Celery's remote control: what the workers of one broker do, and whether they take more.

Spoken through kombu's mailbox on a single connection, because a plan at its connection limit is the usual
reason for a migration, and because a Celery application would let CELERY_BROKER_URL from our own environment
win over the address given here (celery/app/utils.py).
https://docs.celeryq.dev/en/stable/userguide/workers.html#remote-control
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import certifi
from kombu import Connection
from kombu.pidbox import Mailbox

from migrate.broker_report import BrokerUnreadable, HeldTask, RunningTask, WorkerNode, WorkerReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.broker_address import BrokerAddress

_ROLL_CALL_SECONDS: Final = 2.0
_ANSWER_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 10.0


@dataclass
class CeleryControl:
    """Asks and tells the Celery workers that are connected to one broker."""

    address: BrokerAddress
    _connection: Connection | None = field(default=None, repr=False)

    def connect(self) -> None:
        """Open an AMQP connection, or raise BrokerUnreadable with the reason."""
        try:
            connection = self._connection or _connection_to(self.address)
            connection.connect()
        except Exception as error:  # noqa: BLE001 -- kombu lets errors of several libraries through
            self.close()
            raise BrokerUnreadable(f"no AMQP connection ({_reason(error)})") from None
        self._connection = connection

    def close(self) -> None:
        """Give the connection back; the plan may have few."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.release()

    def report(self, expected: int | None = None, *, settings: bool = False) -> WorkerReport:
        """Return every worker that answers; with ``expected``, the roll call ends as soon as that many have.

        A worker that answers the roll call and not the questions makes the whole reading unusable.
        Raises BrokerUnreadable.
        """
        names = self.roll_call(expected)
        if not names:
            return WorkerReport(())
        queues = self._ask("active_queues", names)
        stats = self._ask("stats", names)
        held, active, reserved = (self._ask(what, names) for what in ("scheduled", "active", "reserved"))
        configured: Mapping[str, Any] = self._ask("conf", names) if settings else {}
        try:
            return WorkerReport(
                tuple(
                    WorkerNode(
                        name=name,
                        queues=tuple(queue["name"] for queue in queues[name] or ()),
                        active=tuple(map(_running, active[name])),
                        reserved=len(reserved[name]),
                        held=tuple(map(_held, held[name])),
                        accepted=sum(stats[name]["total"].values()),
                        settings=configured.get(name, {}),
                    )
                    for name in names
                )
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BrokerUnreadable(f"a worker answered in an unknown shape ({error})") from None

    def roll_call(self, expected: int | None = None) -> tuple[str, ...]:
        """Return the names of the workers that answer a ping, sorted; an empty answer is no proof of absence."""
        replies = self._call("ping", {}, None, _ROLL_CALL_SECONDS, expected)
        return tuple(sorted({name for reply in replies for name in reply}))

    def cancel_consumer(self, node: str, queue: str) -> None:
        """Make one worker stop taking from one queue; what it has, it finishes."""
        self._tell("cancel_consumer", node, queue)

    def add_consumer(self, node: str, queue: str) -> None:
        """Make one worker take from one queue again."""
        self._tell("add_consumer", node, queue)

    def _tell(self, command: str, node: str, queue: str) -> None:
        reply = self._ask(command, [node], {"queue": queue})[node]
        if not isinstance(reply, dict) or "ok" not in reply:
            raise BrokerUnreadable(f"{node} refused {command} of {queue}")

    def _ask(self, command: str, names: Sequence[str], arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        replies = self._call(command, arguments or {}, list(names), _ANSWER_SECONDS, len(names))
        answers = {name: answer for reply in replies for name, answer in reply.items()}
        if silent := sorted(set(names) - set(answers)):
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
        self.connect()
        mailbox = Mailbox("celery", type="fanout", accept=["json"], serializer="json", queue_exclusive=True)
        try:
            if names is None:
                replies = mailbox(self._connection).multi_call(command, dict(arguments), timeout=seconds, limit=limit)
            else:
                replies = mailbox(self._connection).call(names, command, dict(arguments), timeout=seconds)
        except Exception as error:  # noqa: BLE001 -- kombu lets errors of several libraries through
            self.close()
            raise BrokerUnreadable(f"remote control failed ({_reason(error)})") from None
        return list(replies or ())


def _connection_to(address: BrokerAddress) -> Connection:
    verified = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": certifi.where(), "server_hostname": address.host}
    return Connection(
        transport="pyamqp",
        hostname=address.host,
        port=address.port,
        userid=address.user,
        password=address.password.reveal(),
        virtual_host=address.vhost,
        ssl=verified if address.scheme == "amqps" else False,
        connect_timeout=_CONNECT_SECONDS,
        transport_options={"client_properties": {"connection_name": "migrate-plan"}},
    )


def _reason(error: Exception) -> str:
    # py-amqp puts the server's own words (connection limit reached, access refused) into reply_text.
    return str(getattr(error, "reply_text", "") or type(error).__name__)


def _running(request: Mapping[str, Any]) -> RunningTask:
    started = request.get("time_start")
    return RunningTask(str(request["id"]), str(request["name"]), float(started) if started else None)


def _held(entry: Mapping[str, Any]) -> HeldTask:
    # A task held back by its rate limit has no time of its own.
    due = datetime.fromisoformat(entry["eta"]) if entry["eta"] else None
    if due is not None and due.tzinfo is None:
        due = due.replace(tzinfo=UTC)
    request = entry["request"]
    return HeldTask(str(request["id"]), str(request["name"]), due)
