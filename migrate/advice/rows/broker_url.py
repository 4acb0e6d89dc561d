"""Whether every process takes the broker's address from the add-on's own variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.advice.setting_names import NOT_SHOWN
from migrate.advice.told import told
from migrate.brokers.report import Unreadable
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.advice.practice import Practice

_CODE: Final = "BROKER_URL"
_RECOMMENDED: Final = "the add-on's own variable, read by the code, and no copy of it"
_WINS: Final = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")
_COMMAND_LINE: Final = "BROKER_URL"
_WHY: Final = (
    "CloudAMQP and Heroku may change the add-on's variable at any time; a copy goes on leading to where it was."
)
_WHY_WINS: Final = (
    "Celery reads it before its configuration, in every process: what the code says counts for nothing while it "
    "is set."
)
_WHY_COMMAND_LINE: Final = (
    "Celery's command line takes it for -b: workers and beat use it, web processes do not, so that tasks may be "
    "sent to one broker and looked for on another."
)


def broker_url(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for everything that may lead elsewhere; one where there is nothing."""
    return tuple(_found(practice)) or (_row("settings", *_as_it_should(practice)),)


def _found(practice: Practice) -> Iterator[Row]:
    foreign = practice.variables - practice.own_variables
    for item in () if isinstance(practice.copies, Unreadable) else practice.copies:
        yield _row(item.variable, f"a pasted copy: {item.holds}", Verdict.WARNING)
    for name in sorted(foreign & set(_WINS)):
        yield _row(name, "set", Verdict.WARNING, _WHY_WINS)
    if _COMMAND_LINE in foreign:
        yield _row(_COMMAND_LINE, "set", Verdict.WARNING, _WHY_COMMAND_LINE)
    for command in practice.worker_commands:
        if command.names_broker:
            yield _row(f"process type {command.type}", "-b on the command line", Verdict.ADVICE, _WHY_COMMAND_LINE)
    yield from _elsewhere(practice)


def _elsewhere(practice: Practice) -> Iterator[Row]:
    places = told(practice, "broker_url") if _is_configured(practice) else Unreadable("it is not set")
    for place in () if isinstance(places, Unreadable) else places:
        # A worker that answers here is here, whatever cannot be shown of its URL.
        if place.value == NOT_SHOWN and practice.source != "app":
            yield _row("settings", "not known: its URL cannot be taken apart", Verdict.UNKNOWN)
        elif isinstance(practice.address, str) and place.value not in {NOT_SHOWN, practice.address}:
            text = f"{place.value} with {listed(place.workers, 3)}, not {practice.address}"
            yield _row("settings", text, Verdict.WARNING)


def _is_configured(practice: Practice) -> bool:
    nodes = () if isinstance(practice.workers, Unreadable) else practice.workers.nodes
    return bool(nodes) and all("broker_url" in node.settings for node in nodes)


def _as_it_should(practice: Practice) -> tuple[str, Verdict]:
    if isinstance(practice.copies, Unreadable):
        return f"not known: {practice.copies.reason}", Verdict.UNKNOWN
    if _is_configured(practice):
        return "the address in the add-on's variable", Verdict.OK
    if isinstance(practice.workers, Unreadable) or not practice.workers.nodes:
        return "not known: no worker answered; no variable holds a copy", Verdict.UNKNOWN
    if practice.source != "app":
        return "not set: Celery's default, guest on localhost", Verdict.WARNING
    return "workers answer there; no variable holds a copy", Verdict.OK


def _row(subject: str, found: str, verdict: Verdict, why: str = _WHY) -> Row:
    if verdict is Verdict.OK:
        return Row(_CODE, subject, found, _RECOMMENDED, verdict, why)
    fix = 'app.conf.broker_url = os.environ["CLOUDAMQP_URL"]'
    django = 'CELERY_BROKER_URL = os.environ["CLOUDAMQP_URL"]'
    if subject in {*_WINS, _COMMAND_LINE} or found.startswith("a pasted copy"):
        away = f"    # then: heroku config:unset {subject}"
        fix, django = fix + away, django + away
    return Row(_CODE, subject, found, _RECOMMENDED, verdict, why, fix, django)
