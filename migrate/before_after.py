"""What app and broker were like before a migration and after it, told for whoever compares. Nothing rests on it.

What cannot be read is told as unknown, and keeps nothing from going on.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from migrate.brokers.report import Unreadable
from migrate.brokers.statistics import OURS
from migrate.clients.broker import readable
from migrate.cloudamqp import cloudamqp_add_ons
from migrate.errors import MigrateError
from migrate.events import AppSeen, BrokerCounted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.report import Consumer, QueueReport
    from migrate.brokers.statistics import BrokerStatistics
    from migrate.clients.heroku import Heroku
    from migrate.facts import Facts
    from migrate.run import Run

BEFORE: Final = "before"
"""The note of the release that was live when a migration began."""


def see_before(run: Run, facts: Facts) -> None:
    """Tell what app and broker are like; the first process writes down which release is live."""
    release = max((item.version for item in facts.releases if item.current), default=None)
    if run.journal.noted(BEFORE) is None and not run.journal.sent_anything:
        run.journal.note(BEFORE, {"release": release})
    run.emit(_app_of(run.step, facts, release))
    see_broker(run)


def see_after(run: Run) -> None:
    """Tell what the app has now, and which variables have another value than before the migration."""
    # Nothing rests on it: so an outage is not waited out.
    try:
        seen = _app_now(run, run.heroku_once or run.heroku)
    except MigrateError as error:
        seen = AppSeen(run.step, unknown=error.what)
    run.emit(seen)


def see_broker(run: Run) -> None:
    """Tell who is connected to the broker that the workers read, and what it has counted."""
    try:
        broker = run.known_broker or run.broker()
    except MigrateError as error:
        run.emit(BrokerCounted(run.step, unknown=(error.what,)))
        return
    queues = readable(broker.rabbitmq.queues)
    statistics, consumers = readable(broker.rabbitmq.statistics), readable(broker.rabbitmq.consumers)
    unread = [item.reason for item in (queues, statistics, consumers) if isinstance(item, Unreadable)]
    work = None if isinstance(queues, Unreadable) else _work(run, queues)
    published = acknowledged = None
    if work is not None and not isinstance(statistics, Unreadable):
        published, acknowledged = statistics.totals(work)
    run.emit(
        BrokerCounted(
            step=run.step,
            broker=broker.address.label,
            messages=None if work is None else sum(work.values()),
            connections=None if isinstance(statistics, Unreadable) else _connections(statistics),
            consumers=None if work is None or isinstance(consumers, Unreadable) else _consumers(work, consumers),
            published=published,
            acknowledged=acknowledged,
            unknown=tuple(dict.fromkeys(unread)),
        )
    )


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Given an app's variables at two times, return what has become of those that differ, without their values."""
    added, gone = now.keys() - before.keys(), before.keys() - now.keys()
    changed = {name for name in before.keys() & now.keys() if before[name] != now[name]}
    found = dict.fromkeys(added, "added") | dict.fromkeys(gone, "removed") | dict.fromkeys(changed, "changed")
    return dict(sorted(found.items()))


def _app_of(step: str, facts: Facts, release: int | None) -> AppSeen:
    # Of the app's other add-ons of the service the plans were not read.
    others = tuple({"name": name, "plan": None} for name in facts.other_add_ons)
    return AppSeen(
        step=step,
        release=release,
        variables=tuple(sorted(facts.variables)),
        attachments=dict.fromkeys(facts.own_attachments, facts.add_on.name),
        add_ons=({"name": facts.add_on.name, "plan": facts.add_on.plan}, *others),
        formation={item.type: item.quantity for item in facts.formation},
    )


def _app_now(run: Run, heroku: Heroku) -> AppSeen:
    since, releases = (run.journal.noted(BEFORE) or {}).get("release"), heroku.releases(run.app)
    current = next((item for item in releases if item.current), None)
    now = heroku.variables_of(run.app, current) if current else heroku.config_vars(run.app)
    before = None if since is None else heroku.release_config_vars(run.app, since)
    add_ons = cloudamqp_add_ons(heroku, run.app)
    names = {item.name for item in add_ons}
    attachments = sorted(heroku.attachments(run.app), key=lambda item: item.name)
    return AppSeen(
        step=run.step,
        release=current.version if current else None,
        since=since,
        variables=tuple(sorted(now)),
        changed=None if before is None else differences(before, now),
        attachments={item.name: item.add_on for item in attachments if item.add_on in names},
        add_ons=tuple({"name": item.name, "plan": item.plan} for item in add_ons),
        formation={item.type: item.quantity for item in heroku.formation(run.app)},
    )


def _work(run: Run, queues: QueueReport) -> dict[str, int]:
    return {queue.name: queue.messages for queue in run.migration.sorting.work(queues)}


def _connections(statistics: BrokerStatistics) -> dict[str, int]:
    return dict(Counter(client.software for client in statistics.clients if client.software != OURS))


def _consumers(work: Mapping[str, int], consumers: tuple[Consumer, ...]) -> dict[str, int]:
    counted = Counter(item.queue for item in consumers)
    return {name: counted[name] for name in sorted(work)}
