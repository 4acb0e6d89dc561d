"""What app and broker were like before the migration and after it, side by side. No value of a variable is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.report.story import Record, Told

UNKNOWN: Final = "unknown"
NONE: Final = "none"
_LATE_STEPS: Final = frozenset({"verify", "verify-again", "verify-back"})


class Pair(Struct, frozen=True):
    """One thing at two times; each empty where it was not there, and ``unknown`` where it could not be read."""

    name: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """Whether it is known to have changed."""
        return self.before != self.after and UNKNOWN not in {self.before, self.after}


class Comparison(Struct, frozen=True):
    """Everything that was looked at twice."""

    broker: tuple[str, str]
    connections: tuple[Pair, ...]
    consumers: tuple[Pair, ...]
    attachments: tuple[Pair, ...]
    add_ons: tuple[Pair, ...]
    formation: tuple[Pair, ...]
    releases: tuple[str, str]
    variables: Mapping[str, str]
    """By name: added, removed, changed or same."""
    compared: bool
    """Whether variables were compared at all."""
    unknown: tuple[str, ...]
    """Why something could not be read."""


def compare(record: Record) -> Comparison:
    """Given the events, return what is known of before and after."""
    broker_before, broker_after = _two(record, "broker.counted")
    app_before, app_after = _two(record, "app.seen")
    return Comparison(
        broker=(_text(broker_before, "broker"), _text(broker_after, "broker")),
        connections=_pairs(broker_before, broker_after, "connections"),
        consumers=_pairs(broker_before, broker_after, "consumers"),
        attachments=_pairs(app_before, app_after, "attachments"),
        add_ons=_pairs(_add_ons(app_before), _add_ons(app_after), "add_ons"),
        formation=_pairs(app_before, app_after, "formation"),
        releases=(_release(app_before), _release(app_after)),
        variables=_variables(app_before, app_after),
        compared=(app_after or {}).get("changed") is not None,
        unknown=tuple(_unknown(broker_before, broker_after, app_before, app_after)),
    )


def _two(record: Record, kind: str) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Return the first and the last of a kind, each where it was told at that end of the migration."""
    found = [item for item in record if item.type == kind]
    early = [item for item in found if not _is_late(item)]
    late = [item for item in found if _is_late(item)]
    # The end of a migration that had no `verify`: what was told last, by another process or step than the first.
    if not late and len(early) > 1 and early[-1].body.get("step") != early[0].body.get("step"):
        late = [early[-1]]
    return early[0].body if early else None, late[-1].body if late else None


def _is_late(item: Told) -> bool:
    return item.body.get("step") in _LATE_STEPS or item.body.get("changed") is not None


def _pairs(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, name: str) -> tuple[Pair, ...]:
    then, now = (before or {}).get(name), (after or {}).get(name)
    keys = dict.fromkeys((*(then or ()), *(now or ())))
    return tuple(Pair(str(key), _value(then, key), _value(now, key)) for key in keys)


def _value(known: Mapping[str, Any] | None, key: str) -> str:
    if known is None:
        return UNKNOWN
    return str(known[key]) if key in known and known[key] is not None else UNKNOWN if key in known else NONE


def _add_ons(body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    listed = (body or {}).get("add_ons")
    return None if listed is None else {"add_ons": {item["name"]: item.get("plan") for item in listed}}


def _text(body: Mapping[str, Any] | None, name: str) -> str:
    return str((body or {}).get(name) or UNKNOWN)


def _release(body: Mapping[str, Any] | None) -> str:
    version = (body or {}).get("release")
    return UNKNOWN if version is None else f"v{version}"


def _variables(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, str]:
    changed = (after or {}).get("changed") or {}
    names = {*((before or {}).get("variables") or ()), *((after or {}).get("variables") or ()), *changed}
    return {name: changed.get(name, "same") for name in sorted(names)}


def _unknown(*bodies: Mapping[str, Any] | None) -> list[str]:
    reasons: list[str] = []
    for body, when in zip(bodies, ("broker, before", "broker, after", "app, before", "app, after"), strict=True):
        if body is None:
            reasons.append(f"{when}: nothing is recorded")
            continue
        told = body.get("unknown") or ()
        reasons += [f"{when}: {reason}" for reason in ((told,) if isinstance(told, str) else told)]
    return reasons
