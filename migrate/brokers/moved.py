"""What was known of the old broker when it was read last, for when the new one answers and both can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict

from migrate.brokers.report import Software, Unreadable
from migrate.brokers.versions import Setting, compared, differences, setting, version
from migrate.topology.newer import mirroring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.versions import Version
    from migrate.facts import BrokerFacts
    from migrate.store.journal import Journal
    from migrate.topology.shapes import Topology

_NOTE: Final = "old-broker"
_UNKNOWN: Final = Unreadable("it was not written down by whoever began this migration")


def setting_of(broker: BrokerFacts) -> Setting:
    """Given what was read of the old broker, return what decides which differences matter."""
    return setting(broker.software, broker.queues, _mirroring(broker.topology))


def _mirroring(topology: Topology | Unreadable) -> tuple[str, ...] | Unreadable:
    if isinstance(topology, Unreadable):
        return topology
    reason = topology.unread.get("policies")
    return Unreadable(reason) if reason else mirroring(topology)


def remember(journal: Journal, broker: BrokerFacts) -> None:
    """Write down what a comparison with the new broker will need; what policies said once is not forgotten again."""
    said = "" if isinstance(broker.version, Unreadable) else broker.version
    parts = {name: _to_json(part) for name, part in asdict(setting_of(broker)).items()}
    if isinstance(parts["mirrored"], str) and policies_were_read(journal):
        parts["mirrored"] = (journal.noted(_NOTE) or {})["mirrored"]
    journal.note(_NOTE, {"version": said, **parts})


def policies_were_read(journal: Journal) -> bool:
    """Whether this user could read the old broker's policies once."""
    return not isinstance(_from_json((journal.noted(_NOTE) or {}).get("mirrored")), Unreadable)


def what_is_different(journal: Journal, new: Version | None) -> tuple[str, ...]:
    """Given the version of the new broker, None where it does not say one, return what to tell: one text at least."""
    noted = journal.noted(_NOTE) or {}
    old = version(noted.get("version", ""))
    if new is None:
        return (f"{_moved(old, new)}: whether that changes anything for Celery is not known.",)
    found = differences(old, new, _remembered(noted))
    return (f"{_moved(old, new)}{', on which some things are different' if found else ''}.", *found)


def _moved(old: Version | None, new: Version | None) -> str:
    return f"The app moves {compared(old, new)}"


def _remembered(noted: Mapping[str, Any]) -> Setting:
    software, quorum, modes, mirrored = (
        _from_json(noted.get(name)) for name in ("software", "quorum", "modes", "mirrored")
    )
    if not isinstance(software, Unreadable):
        software = tuple(Software(_number(item["celery"]), _number(item["kombu"])) for item in software)
    return Setting(software, quorum, modes, mirrored)


def _number(said: list[int] | None) -> tuple[int, ...] | None:
    return tuple(said) if said else None


def _to_json(part: tuple[Any, ...] | Unreadable) -> Any:
    if isinstance(part, Unreadable):
        return part.reason
    return [asdict(item) if isinstance(item, Software) else item for item in part]


def _from_json(part: Any) -> tuple[Any, ...] | Unreadable:
    if isinstance(part, str):
        return Unreadable(part)
    return _UNKNOWN if part is None else tuple(part)
