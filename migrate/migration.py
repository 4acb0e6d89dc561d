"""One move of one add-on to one plan: what was decided at the start and stays so until the end."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field, to_builtins

from migrate.brokers.queues import BY_RULE, Sorting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

EAGER: Final = "CELERY_ALWAYS_EAGER"
MARKER: Final = "MIGRATE_PLAN"
"""The variable that tells a second laptop who migrates this app, since when."""

READ: Final = "CELERY_BROKER_READ_URL"
WRITE: Final = "CELERY_BROKER_WRITE_URL"
"""Celery takes these from the environment, before its configuration.
https://github.com/celery/celery/blob/v5.5.0/celery/app/utils.py (Settings.broker_read_url)"""
TURNED_ROUND: Final = "way-back"
"""The note that a migration is on its way back."""
FINISH: Final = "finish"
"""The note that the operator wants the old add-on removed, which was kept."""
SPARE: Final = "spare"
"""The effect that gives the old add-on a name of its own, under which it stays until it is removed."""
BESIDE: Final = frozenset({"side-by-side", "bridge"})
"""The strategies in which both add-ons are there for a while."""

EAGER_STRATEGIES: Final = frozenset({"documented", "side-by-side"})
"""The strategies in which tasks run inside their callers for a while."""

_TUPLES: Final = ("work_patterns", "ignored_patterns", "copies", "kept_copies", "held_before")
"""What JSON gives back as lists, and older versions did not write."""

# No vowels and none of 0 1 l o: an id can be read aloud, typed, and never spells anything.
_LETTERS: Final = "23456789bcdfghjkmnpqrstvwxz"


class Choices(Struct, frozen=True):
    """What an operator may decide about a migration beside where it goes."""

    strategy: str = "documented"
    accepted: tuple[str, ...] = ()
    """Codes of findings that are accepted by name."""
    sorting: Sorting = BY_RULE
    """Which queues are work."""
    drain_dynos: bool | None = None
    """Whether dynos drain that are started for it; None: where the workers may be eager."""
    scale_up: Mapping[str, int] = field(default_factory=dict)
    """How many dynos of a process type there should be at least while the old broker drains."""
    leftovers: str = "wait"
    """What becomes of messages that the drain leaves: wait, carry, dump or discard."""
    discard_count: int | None = None
    """Exactly how many messages may be discarded."""
    keep_old: bool = False
    """Whether the old add-on stays until the operator says ``finish``, where both are there."""
    bridge_workers: Mapping[str, int] = field(default_factory=dict)
    """How many one-off dynos run which worker's command on the new broker while a bridge is there."""
    kept_copies: tuple[str, ...] = ()
    """Variables that hold a copy of the broker's address and stay as they are."""
    paused: tuple[str, ...] = ()
    """Process types that must not run meanwhile."""
    maintenance: bool = False
    """Whether maintenance mode is to be on during the swap."""
    deploy: str = "release"
    """What makes the releases: ``release`` (the variables), ``slug`` again besides, or ``command: ...`` besides."""
    copy_alarms: bool = False
    """Whether the alarms of the old add-on are merged into those of the new one."""
    held_before: tuple[str, ...] = ()
    """The steps before which it waits until the operator says ``continue``."""


class Migration(Struct, frozen=True):
    """What is moved where. Holds no secret: it is written to the store as it is."""

    id: str
    app: str
    add_on: str
    """The old add-on's name."""
    add_on_id: str
    from_plan: str
    to_plan: str
    attachments: tuple[str, ...]
    """The names under which the app knows the add-on; the new one gets all of them."""
    strategy: str
    eager_before: str | None
    """What CELERY_ALWAYS_EAGER was, to be put back; None when it was not set."""
    consumed: tuple[str, ...]
    """The work queues that had consumers, to be seen with consumers again at the end."""
    workers: int
    """How many workers must answer before their silence means that they are idle."""
    accepted: tuple[str, ...] = ()
    """Codes of findings that the operator accepted by name."""
    drain_by: str = "workers"
    """Who empties the old broker: the ``workers`` as they are, or ``dynos`` started for it, which are not eager."""
    formation: Mapping[str, int] = field(default_factory=dict)
    """How many dynos there were of each process type that runs a Celery worker."""
    scale_up: Mapping[str, int] = field(default_factory=dict)
    """How many there should be at least while the old broker drains, of the types that were named."""
    work_patterns: tuple[str, ...] = ()
    """Names of queues, or globs, that are work whatever the rule says."""
    ignored_patterns: tuple[str, ...] = ()
    """The same of queues that need not be empty."""
    leftovers: str = "wait"
    """What becomes of messages that the drain leaves: ``wait`` for them; ``carry`` them over, ``dump`` them to a
    file, or ``discard`` them, which dumps them too, if they are exactly so many."""
    discard_count: int | None = None
    """How many messages may be discarded."""
    keep_old: bool = False
    """Whether the old add-on stays until the operator says ``finish``, where both are there."""
    bridge_workers: Mapping[str, int] = field(default_factory=dict)
    """How many one-off dynos run which worker's command on the new broker while a bridge is there."""
    copies: tuple[str, ...] = ()
    """Variables that hold a copy of the old broker's address and are to lead to the new one in the end."""
    kept_copies: tuple[str, ...] = ()
    """Those that stay as they are, because the operator wants it."""
    paused: Mapping[str, int] = field(default_factory=dict)
    """How many dynos there were of each process type that must not run meanwhile."""
    maintenance: bool = False
    """Whether maintenance mode is switched on for the swap, and off after it."""
    deploy: str = "release"
    """What makes one more release after those of the variables: ``slug``, ``command: ...``; ``release`` for none."""

    @property
    def is_eager(self) -> bool:
        """Whether eager mode is what keeps tasks from the old broker."""
        return self.strategy in EAGER_STRATEGIES

    copy_alarms: bool = False
    """Whether the alarms of the old add-on are merged into those of the new one."""
    held_before: tuple[str, ...] = ()
    """The steps before which it waits until the operator says ``continue``."""

    @property
    def sorting(self) -> Sorting:
        """How its queues are told apart."""
        return Sorting(self.work_patterns, self.ignored_patterns)

    @property
    def answered(self) -> tuple[str, ...]:
        """Codes of findings that do not matter, by what was decided about leftovers."""
        return () if self.leftovers == "wait" else ("NO_CONSUMER",)

    @property
    def new_add_on(self) -> str:
        """The new add-on's name: ours, so that an add-on whose reply was lost is found instead of made twice."""
        return f"{self.to_plan.partition(':')[0]}-{self.id}"

    @property
    def variable(self) -> str:
        """The variable that holds the broker's URL."""
        return url_variable(self.attachments[0])

    @property
    def beside(self) -> str:
        """The name under which the new add-on comes while the app's own names lead to the old one."""
        return beside_of(self.attachments[0])

    @property
    def spare(self) -> str:
        """The name under which the old add-on stays when the app's own names have gone to the new one."""
        return spare_of(self.attachments[0])

    def to_json(self) -> dict[str, Any]:
        """Return a form that JSON can hold."""
        parts: dict[str, Any] = to_builtins(self)
        return parts

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Given what to_json made, return the migration; raises KeyError or TypeError when it is something else."""
        tuples = {name: tuple(body[name]) for name in ("attachments", "consumed", "accepted")}
        tuples |= {name: tuple(body.get(name, ())) for name in _TUPLES}
        return cls(**{**body, **tuples})


def is_of_a_migration(add_on: str) -> bool:
    """Given an add-on's name, say whether a migration has added it."""
    return re.fullmatch(rf"\w+-mig-[{_LETTERS}]{{6}}(-\d+)?", add_on) is not None


def new_id() -> str:
    """Return an id such as ``mig-7f3k2q``."""
    return "mig-" + "".join(random.choices(_LETTERS, k=6))


def key_variable(attachment: str) -> str:
    """Given an attachment's name, return the variable with the key of CloudAMQP's API (``CLOUDAMQP_APIKEY``)."""
    return f"{attachment}_APIKEY"


def url_variable(attachment: str) -> str:
    """Given an attachment's name, return the variable with its broker URL (``CLOUDAMQP_URL``)."""
    return f"{attachment}_URL"


def beside_of(attachment: str) -> str:
    """Given the app's first name for the old add-on, return the one that the new one comes under."""
    return f"{attachment}_NEW"


def spare_of(attachment: str) -> str:
    """Given the app's first name for the old add-on, return the one that it keeps when others have been moved."""
    return f"{attachment}_OLD"
