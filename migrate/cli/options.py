"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from migrate.cli import complete

App = Annotated[
    str | None,
    typer.Option(
        "--app",
        "-a",
        envvar="HEROKU_APP",
        help="The Heroku app; by default that of the git remote heroku.",
        autocompletion=complete.apps,
    ),
]
AddOn = Annotated[
    str | None,
    typer.Option("--add-on", help="Which CloudAMQP add-on, if the app has several.", autocompletion=complete.add_ons),
]
Json = Annotated[bool, typer.Option("--json", help="One event a line on stdout; text for people on stderr.")]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="MIGRATE_STORE",
        show_envvar=True,
        help="Where checkpoints are kept, as a SQLAlchemy URL (sqlite:///..., postgresql://...).",
    ),
]
RabbitmqApi = Annotated[
    str | None,
    typer.Option(
        "--rabbitmq-api",
        envvar="MIGRATE_RABBITMQ_API",
        help="Where the management API is, when it is not https://HOST of the broker's URL.",
    ),
]
Confirm = Annotated[
    str | None, typer.Option("--confirm", metavar="APP", help="The app's name, instead of typing it when asked.")
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="CODE",
        help="Accept a finding marked ASK, by its code; may be repeated.",
        autocompletion=complete.findings,
    ),
]
Queue = Annotated[
    list[str] | None,
    typer.Option(
        "--queue",
        metavar="PATTERN",
        help="Count this queue as work, which must become empty; a glob; may be repeated.",
    ),
]
IgnoreQueue = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-queue",
        metavar="PATTERN",
        help="Do not wait for this queue: its messages are lost with the broker; a glob; may be repeated.",
    ),
]
DrainDynos = Annotated[
    bool | None,
    typer.Option(
        "--drain-dynos/--no-drain-dynos",
        help="Drain with one-off dynos that lack the eager variable; by default if workers may turn eager.",
    ),
]
ScaleUp = Annotated[
    list[str] | None,
    typer.Option(
        "--scale-up",
        autocompletion=complete.quantities,
        metavar="TYPE=QUANTITY",
        help="Worker dynos to run while the old broker drains, if there are none; may be repeated.",
    ),
]
BridgeWorker = Annotated[
    list[str] | None,
    typer.Option(
        "--bridge-worker",
        autocompletion=complete.quantities,
        metavar="TYPE=QUANTITY",
        help="With bridge: one-off workers that take new tasks from the new broker meanwhile; may be repeated.",
    ),
]
Leftovers = Annotated[
    str | None,
    typer.Option(
        "--leftovers",
        autocompletion=complete.leftovers,
        metavar="WHAT",
        help="What becomes of messages that do not drain: wait (default), carry, dump or discard.",
    ),
]
DiscardCount = Annotated[
    int | None,
    typer.Option(
        "--discard-count",
        metavar="N",
        min=1,
        help="With --leftovers discard: discard exactly this many messages, or none.",
    ),
]
Pause = Annotated[
    list[str] | None,
    typer.Option(
        "--pause",
        autocompletion=complete.process_types,
        metavar="TYPE",
        help="Keep this process type, such as beat, at 0 dynos during the migration; may be repeated.",
    ),
]
Maintenance = Annotated[
    bool,
    typer.Option(
        "--maintenance/--no-maintenance", help="Turn Heroku's maintenance mode on during the swap, and off after it."
    ),
]
Deploy = Annotated[
    str,
    typer.Option(
        "--deploy",
        metavar="HOW",
        help="What follows a change of variables: release (nothing), slug (it is released again) or 'command: ...', "
        "which must wait for its release and contain no secret.",
    ),
]
KeepCopy = Annotated[
    list[str] | None,
    typer.Option(
        "--keep-copy",
        metavar="NAME",
        help="Do not rewrite this config var, which holds a copy of the broker's address; may be repeated.",
    ),
]
CopyAlarms = Annotated[
    bool,
    typer.Option(
        "--copy-alarms/--no-copy-alarms",
        help="Copy the old add-on's alarms and recipients to the new one.",
    ),
]
HoldBefore = Annotated[
    list[str] | None,
    typer.Option(
        "--hold-before",
        autocompletion=complete.steps,
        metavar="STEP",
        help="Wait before this step until somebody runs `migrate-plan continue`; may be repeated.",
    ),
]
HoldTimeout = Annotated[
    float, typer.Option("--hold-timeout", metavar="SECONDS", min=1, help="How long to wait at --hold-before at most.")
]
DrainTimeout = Annotated[
    float, typer.Option("--drain-timeout", metavar="SECONDS", min=1, help="How long the drain may take.")
]
QuiesceTimeout = Annotated[
    float,
    typer.Option(
        "--quiesce-timeout", metavar="SECONDS", min=1, help="How long workers may take to finish what they run."
    ),
]
Strategy = Annotated[
    str,
    typer.Option(
        "--strategy",
        autocompletion=complete.strategies,
        metavar="NAME",
        help="How to migrate: documented, side-by-side, bridge or in-place.",
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="FILE", help="Of a rehearsal: write its report there, as `migrate-plan report`."
    ),
]
Config = Annotated[
    list[str] | None, typer.Option("--config", metavar="NAME=VALUE", help="A config var; may be repeated.")
]
Directory = Annotated[
    Path | None,
    typer.Option("--directory", help="Where the sandbox lives; by default in the user's state directory."),
]


AuditLog = Annotated[
    Path | None,
    typer.Option(
        "--audit-log", metavar="FILE", envvar="MIGRATE_AUDIT_LOG", help="Append who did what and when, as JSON lines."
    ),
]
Hook = Annotated[
    list[str] | None,
    typer.Option(
        "--hook",
        metavar="COMMAND",
        help="Run this with each event on its stdin; before a step it can stop the migration; may be repeated.",
    ),
]
Notify = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="URL",
        envvar="MIGRATE_NOTIFY",
        help="A Slack-compatible webhook: start, point of no return, waits for you, end. Better in MIGRATE_NOTIFY.",
    ),
]


def variables(pairs: list[str]) -> dict[str, str]:
    """Given pairs as in NAME=VALUE, return them as config vars; raises UsageError."""
    from migrate.errors import UsageError

    split = [pair.partition("=") for pair in pairs]
    if wrong := [name for name, equals, _ in split if not equals]:
        raise UsageError(f"--config {wrong[0]} has no value.", next=f"--config {wrong[0]}=VALUE")
    return {name: value for name, _, value in split}
