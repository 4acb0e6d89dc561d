"""What a leak looks like, and who is probably behind it: words about a leak and the app, facts first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.lookout.leaks import Origin
from migrate.wording import listed, span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from migrate.lookout.leaks import Leak, Publisher
    from migrate.platform import Dyno, ProcessType

_SHOWN: Final = 3
"""So many of a kind are named; the rest is counted."""
READ_THE_VARIABLE: Final = "the lines to add: migrate-plan runbook drain"


class Setting(Struct, frozen=True):
    """What the app looks like to whoever seeks a publisher; empty where it could not be read."""

    app: str
    version: int = 0
    """Of the release that diverts tasks; 0 where it is not known."""
    eager_for: float | None = None
    """Seconds since that release was asked for."""
    dynos: tuple[Dyno, ...] = ()
    formation: tuple[ProcessType, ...] = ()
    attached_to: tuple[str, ...] = ()
    """Other apps to which the add-on is attached."""
    preboot: bool = False
    bridged: bool = False
    """Whether publishers were sent to the new broker, and nothing is eager."""
    reads_variable: bool | None = None
    """Whether the workers show that the app reads the variable; None where they could not."""


class Suspect(Struct, frozen=True):
    """One explanation, and what to type."""

    because: str
    do: str


def facts(leak: Leak, setting: Setting, now: datetime) -> str:
    """Given a leak, return what was seen, without a guess."""
    came = f"{listed(list(leak.queues), _SHOWN)} still {'gets' if len(leak.queues) == 1 else 'get'} tasks: "
    rate = f"{leak.published} in {leak.seconds:.0f} s, {leak.published / leak.seconds:.2g} a second."
    parts = [came + rate, *(_seen(item, setting, now) for item in leak.publishers[:_SHOWN])]
    if len(leak.publishers) > _SHOWN:
        parts.append(f"{len(leak.publishers) - _SHOWN} more connections published.")
    if not leak.publishers:
        parts.append("No connection that published them is open now: each was closed at once.")
    if leak.tasks:
        most = sorted(leak.tasks.items(), key=lambda item: -item[1])
        names = listed([f"{name} ({count})" for name, count in most], _SHOWN)
        parts.append(f"Recently the workers took {names}.")
    if not leak.certain:
        parts.append("All of it may come from the workers' own tasks, such as chains: that cannot be told.")
    return " ".join(parts)


def suspects(leak: Leak, setting: Setting) -> tuple[Suspect, ...]:
    """Given a leak and the app, return who is probably behind it, the likeliest first; never none."""
    found = list(_of_older(leak, setting))
    found += _of_this_release(leak, setting)
    return tuple(found)


def _of_older(leak: Leak, setting: Setting) -> Iterator[Suspect]:
    old = [dyno.name for dyno in setting.dynos if setting.version and dyno.version < setting.version]
    if old:
        be = "runs" if len(old) == 1 else "run"
        yield Suspect(
            f"{listed(old, _SHOWN)} {be} a release from before v{setting.version}, which still publishes here",
            f"heroku ps:stop -d {old[0]} --app {setting.app}    (if what it does can be done again)",
        )
    elif any(item.origin is Origin.OLDER for item in leak.publishers):
        if setting.preboot:
            yield Suspect(
                "preboot keeps old web dynos alive, unlisted, for some minutes",
                f"heroku ps --app {setting.app}    (wait; they end by themselves)",
            )
        yield from _outsiders(setting)


def _of_this_release(leak: Leak, setting: Setting) -> Iterator[Suspect]:
    if leak.publishers and all(item.origin is Origin.OLDER for item in leak.publishers):
        return
    if setting.bridged:
        yield Suspect(
            "something in the app publishes on a connection of its own, by the add-on's variable: what Celery itself "
            "publishes goes to the new broker",
            "stop it until the migration is done, then resume",
        )
        yield from _outsiders(setting)
        return
    if not setting.reads_variable:
        may = "does not" if setting.reads_variable is False else "may not"
        yield Suspect(f"the app {may} read CELERY_ALWAYS_EAGER", READ_THE_VARIABLE)
    if beat := [item.type for item in setting.formation if item.quantity and item.runs_beat]:
        yield Suspect(
            f"beat ({beat[0]}) publishes what it knows by name only",
            f"heroku ps:scale {beat[0]}=0 --app {setting.app}    (until the migration is done)",
        )
    yield Suspect(
        "the app calls send_task, or a signature of a task that the caller has not imported: eager mode does not "
        "reach them",
        "call the task itself (TASK.delay), or stop what calls it, then resume",
    )
    yield from _outsiders(setting)


def _outsiders(setting: Setting) -> Iterator[Suspect]:
    if setting.attached_to:
        yield Suspect(
            f"{listed(setting.attached_to, _SHOWN)} has the add-on attached, and publishes to it as ever",
            f"heroku ps --app {setting.attached_to[0]}    (stop what publishes there)",
        )
    else:
        yield Suspect(
            "a process outside this app has the broker's URL: a laptop, another app, another host",
            "stop it where it runs; it needs the new URL anyway once the migration is done",
        )


def _seen(item: Publisher, setting: Setting, now: datetime) -> str:
    client = item.client
    text = f"{item.published} messages came from {client.peer} ({client.software}"
    if client.age is None:
        return f"{text})."
    opened = now - timedelta(seconds=client.age)
    text += f", opened {opened:%H:%M:%S} UTC"
    if setting.eager_for is None:
        return f"{text})."
    apart = setting.eager_for - client.age
    what = "the bridge" if setting.bridged else "eager mode"
    when = f"{span(abs(apart))} {'after' if apart > 0 else 'before'} {what} was asked for"
    return f"{text}, {when}){_where(item)}."


def _where(item: Publisher) -> str:
    if item.origin is Origin.BESIDE:
        return "; by its address it may be a worker"
    return "" if item.origin is Origin.OLDER else "; no worker consumes from that address"
