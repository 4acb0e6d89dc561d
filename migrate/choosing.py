"""What may be chosen together: pure functions over what was typed, or stands in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.queues import Sorting
from migrate.changes.deploys import deploy_of
from migrate.drain.leftovers import Leftovers, decided
from migrate.errors import UsageError
from migrate.migration import BESIDE, EAGER_STRATEGIES, Choices
from migrate.strategies import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def choices_of(options: Mapping[str, Any], accepted: tuple[str, ...] = ()) -> Choices:
    """Given options by the names and kinds that ``configuration.DECIDED`` has, return what they choose.

    Raises UsageError where they do not go together.
    """
    left = decided(options.get("leftovers"), None) or Leftovers()
    choices = Choices(
        strategy=options.get("strategy", "documented"),
        accepted=accepted,
        sorting=Sorting(_names(options, "queue"), _names(options, "ignore-queue")),
        drain_dynos=options.get("drain-dynos"),
        scale_up=quantities(options.get("scale-up", ()), "--scale-up"),
        leftovers=left.kind,
        discard_count=left.count,
        keep_old=options.get("keep-old", False),
        bridge_workers=quantities(options.get("bridge-worker", ()), "--bridge-worker"),
        kept_copies=_names(options, "keep-copy"),
        paused=_names(options, "pause"),
        maintenance=options.get("maintenance", False),
        deploy=deploy_of(options.get("deploy", "release")),
        copy_alarms=options.get("copy-alarms", False),
        held_before=_names(options, "hold-before"),
    )
    check(choices)
    return choices


def _names(options: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(options.get(key, ())))


def check(choices: Choices) -> None:
    """Raise UsageError where there is no such strategy, or it does not go with what else was chosen."""
    check_strategy(choices.strategy)
    _check_combination(choices)


def check_strategy(name: str) -> None:
    """Given the name of a strategy, raise UsageError unless there is one."""
    if name not in STRATEGIES:
        raise UsageError(
            f"There is no strategy {name}.", why=f"There are: {', '.join(STRATEGIES)}.", next="--strategy documented"
        )


def _check_combination(choices: Choices) -> None:
    name = choices.strategy
    if choices.keep_old and name not in BESIDE:
        raise UsageError(
            f"--keep-old cannot be used with strategy {name}.",
            why="With it the old and the new add-on never exist together.",
            next=f"--strategy {' or '.join(sorted(BESIDE))}",
        )
    if choices.bridge_workers and name != "bridge":
        raise UsageError(
            f"--bridge-worker cannot be used with strategy {name}.",
            why="Only with strategy bridge do tasks wait in the new broker.",
            next="--strategy bridge",
        )
    if choices.drain_dynos and name not in EAGER_STRATEGIES:
        raise UsageError(
            f"--drain-dynos cannot be used with strategy {name}.",
            why="They replace workers that may be eager, and with this strategy none is.",
            next="the same command without --drain-dynos",
        )


def quantities(pairs: Sequence[str], option: str) -> dict[str, int]:
    """Given pairs as in TYPE=QUANTITY and the option, return how many dynos of each type; raises UsageError."""
    split = [pair.partition("=") for pair in pairs]
    if wrong := [name for name, _, count in split if not name or not count.isdecimal() or not int(count)]:
        name = wrong[0] or "TYPE"
        raise UsageError(f"{option} {name} has no quantity.", next=f"{option} {name}=1")
    return {name: int(count) for name, _, count in split}
