"""The exchanges, queues, bindings and policies of a vhost, as the management API lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field, to_builtins

if TYPE_CHECKING:
    from typing import Self

Arguments = Mapping[str, Any]


class Exchange(Struct, frozen=True):
    """An exchange and how it was made."""

    name: str
    kind: str
    durable: bool
    auto_delete: bool
    internal: bool
    arguments: Arguments


class Queue(Struct, frozen=True):
    """A queue and how it was made."""

    name: str
    durable: bool
    auto_delete: bool
    exclusive: bool
    arguments: Arguments


class Binding(Struct, frozen=True):
    """What leads from an exchange to a queue or to another exchange."""

    source: str
    to: str
    """``queue`` or ``exchange``."""
    destination: str
    routing_key: str
    arguments: Arguments


class Policy(Struct, frozen=True):
    """Settings of all queues and exchanges whose names match."""

    name: str
    pattern: str
    applies_to: str
    priority: int
    definition: Arguments


class Topology(Struct, frozen=True):
    """All of a vhost, or a part of it. What could not be read is empty, and named as unread."""

    exchanges: tuple[Exchange, ...] = ()
    queues: tuple[Queue, ...] = ()
    bindings: tuple[Binding, ...] = ()
    policies: tuple[Policy, ...] = ()
    operator_policies: tuple[str, ...] = ()
    """Names: CloudAMQP sets them, and a user may only look."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Of the vhost, by the plan."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """What this user may not read, with the reason: unknown, not empty."""

    def __len__(self) -> int:
        """How many things there are in it that can be made again."""
        return len(self.things)

    @property
    def things(self) -> tuple[Policy | Exchange | Queue | Binding, ...]:
        """All that can be made again, in the order in which to do it.

        Policies first, so that their limits hold from the first message on; bindings last, for what they bind.
        """
        return (*self.policies, *self.exchanges, *self.queues, *self.bindings)

    def to_json(self) -> dict[str, Any]:
        """Return a form that JSON can hold."""
        parts: dict[str, Any] = to_builtins(self)
        return parts

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Given what to_json made, return the topology; raises KeyError or TypeError when it is something else."""
        return cls(
            exchanges=tuple(Exchange(**item) for item in body["exchanges"]),
            queues=tuple(Queue(**item) for item in body["queues"]),
            bindings=tuple(Binding(**item) for item in body["bindings"]),
            policies=tuple(Policy(**item) for item in body["policies"]),
            operator_policies=tuple(body["operator_policies"]),
            limits=dict(body["limits"]),
            unread=dict(body["unread"]),
        )
