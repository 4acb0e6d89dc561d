"""Making things again on the new broker: what is there is looked at first, and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.brokers.report import BrokerRefused
from migrate.brokers.versions import version
from migrate.clients.broker import readable
from migrate.topology.difference import difference
from migrate.topology.newer import for_version
from migrate.topology.words import describe
from migrate.waits import Waiting
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.brokers.versions import Version
    from migrate.clients.broker import Broker
    from migrate.topology.shapes import Topology


@dataclass
class Copying:
    """One process's work on what there should be on the new broker."""

    broker: Callable[[], Broker]
    wanted: Topology
    version: Version | None = None
    left_out: tuple[str, ...] = ()
    """What the new broker's version refuses, in words."""
    conflicts: tuple[str, ...] = ()
    """What is there already and made otherwise, in words."""
    made: dict[str, None] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    """What the new broker did not take, with its words."""

    def look(self) -> bool | Waiting:
        """Make what is missing, and return True once all is there that was not refused.

        However often it is called, each thing is made once. Raises BrokerUnreadable.
        """
        broker = self.broker()
        # A server that does not say which one it is, is left to refuse what it does not take.
        self.version = version(readable(broker.rabbitmq.version))
        fitting, self.left_out = for_version(self.wanted, self.version)
        if not fitting:
            return True
        there = broker.topology.read()
        found = difference(fitting, there)
        self.refused = {}
        missing = self._without_unseen(found.missing, there)
        for item in missing.things:
            try:
                broker.topology.make(item)
            except BrokerRefused as error:
                self.refused[describe(item)] = str(error)
            else:
                self.made[describe(item)] = None
        return self._is_there(fitting, broker) if missing else self._settled(found.conflicts)

    def _is_there(self, fitting: Topology, broker: Broker) -> bool | Waiting:
        # Somebody may have made one in between: then it is there, perhaps otherwise, and was refused for that.
        again = difference(fitting, broker.topology.read())
        left = [describe(item) for item in again.missing.things]
        unseen = [name for name in left if name not in self.refused]
        self.refused = {name: why for name, why in self.refused.items() if name in left}
        return (
            Waiting(f"{listed(unseen)} not seen on the new broker yet") if unseen else self._settled(again.conflicts)
        )

    def _settled(self, conflicts: tuple[str, ...]) -> bool:
        self.conflicts = conflicts
        return True

    def _without_unseen(self, missing: Topology, there: Topology) -> Topology:
        # To set a policy is to replace one of that name: not where nobody can see whether there is one.
        if (reason := there.unread.get("policies")) is None:
            return missing
        self.refused |= {describe(item): f"the policies there cannot be read ({reason})" for item in missing.policies}
        return replace(missing, policies=())
