"""What a newer RabbitMQ does not take any more is left out, and said, instead of being refused there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from migrate.brokers.versions import NOTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.brokers.versions import Version
    from migrate.topology.shapes import Policy, Queue, Topology


class _Rule(NamedTuple):
    """A key that is refused from a version on."""

    since: tuple[int, int]
    matches: Callable[[str, Any], bool]
    link: str


# Where 4.0 to 4.2 ignore an argument, a queue is made with it all the same: an app that declares the queue with it
# would otherwise be refused, with 406.
_IN_POLICIES: Final = (
    _Rule((4, 0), lambda key, _value: key.startswith("ha-"), f"{NOTES}/4.0.1.md"),
    _Rule((4, 0), lambda key, _value: key in {"queue-mode", "queue-master-locator"}, f"{NOTES}/4.0.1.md"),
    _Rule((4, 3), lambda key, _value: key == "queue-version", f"{NOTES}/4.3.0.md"),
)
_IN_QUEUES: Final = (
    _Rule(
        (4, 3),
        lambda key, value: key == "x-queue-mode" or (key == "x-queue-version" and value == 1),
        f"{NOTES}/4.3.0.md",
    ),
)


def mirroring(topology: Topology) -> tuple[str, ...]:
    """Given a vhost, return the names of its policies that mirror queues."""
    return tuple(
        policy.name for policy in topology.policies if any(key.startswith("ha-") for key in policy.definition)
    )


def for_version(topology: Topology, version: Version | None) -> tuple[Topology, tuple[str, ...]]:
    """Given what is to be made and the broker's version, return it without what that refuses, and what this was.

    Where the version is not known, None, nothing is left out.
    """
    left_out: list[str] = []
    if version is None:
        return topology, ()
    queues = tuple(_queue(item, version, left_out) for item in topology.queues)
    policies = tuple(kept for item in topology.policies if (kept := _policy(item, version, left_out)))
    return replace(topology, queues=queues, policies=policies), tuple(left_out)


def fitting(arguments: Mapping[str, Any], version: Version | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Given a queue's arguments and a broker's version, return them without what that refuses, and what this was."""
    if version is None:
        return dict(arguments), ()
    kept, gone = _without(arguments, _IN_QUEUES, version)
    return kept, tuple(gone)


def _queue(queue: Queue, version: Version, left_out: list[str]) -> Queue:
    kept, gone = _without(queue.arguments, _IN_QUEUES, version)
    left_out += [f"{key} of queue {queue.name}, which {version} refuses ({link})" for key, link in gone.items()]
    return replace(queue, arguments=kept) if gone else queue


def _policy(policy: Policy, version: Version, left_out: list[str]) -> Policy | None:
    kept, gone = _without(policy.definition, _IN_POLICIES, version)
    if not gone:
        return policy
    what = f"{', '.join(gone)} of policy {policy.name}" if kept else f"policy {policy.name} ({', '.join(gone)})"
    left_out.append(f"{what}, which {version} does not know ({next(iter(gone.values()))})")
    return replace(policy, definition=kept) if kept else None


def _without(
    arguments: Mapping[str, Any], rules: tuple[_Rule, ...], version: Version
) -> tuple[dict[str, Any], dict[str, str]]:
    gone = {
        key: rule.link
        for rule in rules
        if version.is_rabbitmq(*rule.since)
        for key, value in arguments.items()
        if rule.matches(key, value)
    }
    return {key: value for key, value in arguments.items() if key not in gone}, gone
