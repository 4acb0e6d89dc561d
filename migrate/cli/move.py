"""``migrate-plan --to PLAN``: preview, confirm, migrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from migrate.cli import complete, options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech


def move(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            autocompletion=complete.plans,
            metavar="PLAN",
            help="The plan to move to: bunny or cloudamqp:bunny.",
        ),
    ] = "",
    app: options.App = None,
    add_on: options.AddOn = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; reads only, writes no file but --output.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="With --dry-run: save the preview, for `migrate-plan apply`."),
    ] = None,
    format: Annotated[  # noqa: A002 -- it is the option's name
        str, typer.Option("--format", metavar="HOW", help="With --dry-run: text, or markdown for a change ticket.")
    ] = "text",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with this app's unfinished migration.")] = False,
    strategy: options.Strategy = "documented",
    keep_old: Annotated[
        bool,
        typer.Option(
            "--keep-old/--no-keep-old",
            help="With side-by-side or bridge: keep the old add-on until `migrate-plan finish`.",
        ),
    ] = False,
    confirm: options.Confirm = None,
    accept: options.Accept = None,
    queue: options.Queue = None,
    ignore_queue: options.IgnoreQueue = None,
    drain_dynos: options.DrainDynos = None,
    scale_up: options.ScaleUp = None,
    bridge_worker: options.BridgeWorker = None,
    leftovers: options.Leftovers = None,
    discard_count: options.DiscardCount = None,
    keep_copy: options.KeepCopy = None,
    pause: options.Pause = None,
    maintenance: options.Maintenance = False,
    deploy: options.Deploy = "release",
    copy_alarms: options.CopyAlarms = False,
    hold_before: options.HoldBefore = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Rehearse: move a demo app under traffic, in a throwaway local Heroku.")
    ] = False,
    report: options.Report = None,
    drain_timeout: options.DrainTimeout = 3600,
    quiesce_timeout: options.QuiesceTimeout = 600,
    hold_timeout: options.HoldTimeout = 3600,
    audit_log: options.AuditLog = None,
    hook: options.Hook = None,
    notify: options.Notify = None,
    store: options.Store = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Move a Heroku app's CloudAMQP add-on to another plan without losing a Celery task."""
    if context.invoked_subcommand is not None:
        return
    if not to and not resume and not json:
        typer.echo(context.get_help())
        raise typer.Exit(2)
    from migrate.brokers.queues import Sorting
    from migrate.changes.deploys import deploy_of
    from migrate.choosing import quantities
    from migrate.cli.audience import Audience
    from migrate.cli.decided import refuse_decided
    from migrate.cli.speech import speaking
    from migrate.cli.wish import Wish, grant
    from migrate.cli.world import World
    from migrate.drain.leftovers import Leftovers, decided
    from migrate.errors import UsageError
    from migrate.migration import Choices

    sorting = Sorting(tuple(queue or ()), tuple(ignore_queue or ()))
    markdown = format == "markdown" and dry_run
    with speaking(json=json, markdown=markdown) as speech:
        if format not in {"text", "markdown"} or (format == "markdown" and (not dry_run or json)):
            raise UsageError(
                f"--format {format} cannot be used here.",
                why="A preview is shown as text, or as markdown with --dry-run and without --json.",
                next="--dry-run --format markdown",
            )
        left = decided(leftovers, discard_count)
        what = left or Leftovers()
        up = quantities(scale_up or [], "--scale-up")
        bridging = quantities(bridge_worker or [], "--bridge-worker")
        choices = Choices(
            strategy=strategy,
            accepted=tuple(accept or ()),
            sorting=sorting,
            drain_dynos=drain_dynos,
            scale_up=up,
            leftovers=what.kind,
            discard_count=what.count,
            copy_alarms=copy_alarms,
            keep_old=keep_old,
            bridge_workers=bridging,
            kept_copies=tuple(keep_copy or ()),
            paused=tuple(dict.fromkeys(pause or ())),
            maintenance=maintenance,
            deploy=deploy_of(deploy),
            held_before=tuple(dict.fromkeys(hold_before or ())),
        )
        wish = Wish(to, app, add_on, choices, confirm, dry_run, output)
        if not to and not resume:
            raise UsageError(
                "No plan is named.", why="Neither --to nor --resume is given.", next="migrate-plan --help"
            )
        if resume:
            refuse_decided(context)
        if sandbox:
            _refuse_mixture(dry_run=dry_run, resume=resume)
            _rehearse_demo(speech, to, strategy, report)
        if report is not None:
            raise UsageError(
                "--report goes with --sandbox.",
                why="The store keeps what a real migration did: its report can be made at any time.",
                next="migrate-plan report",
            )
        audience = Audience(audit_log, tuple(hook or ()), notify)
        world = World(store, rabbitmq_api, drain_timeout, quiesce_timeout, hold_timeout, audience, add_on)
        if resume:
            from migrate.cli.resume import Wanted, resumed

            wanted = Wanted(
                None,
                app,
                to,
                confirm,
                choices.accepted,
                sorting,
                drain_dynos=bool(drain_dynos),
                left=left,
                held_before=choices.held_before,
            )
            speech.end(resumed(speech, world, wanted))
        speech.end(grant(speech, world, wish))


def _rehearse_demo(speech: Speech, to: str, strategy: str, report: Path | None) -> NoReturn:
    from migrate.cli.rehearsal import installed, perform

    with installed():
        from migrate.sandbox.rehearsal.rehearsal import of_demo
    perform(speech, of_demo(to, strategy), report)


def _refuse_mixture(*, dry_run: bool, resume: bool) -> None:
    from migrate.errors import UsageError

    if dry_run or resume:
        raise UsageError(
            "--sandbox cannot be used with --dry-run or --resume.",
            why="It brings up an app of its own and takes it down again.",
            next="migrate-plan sandbox up    (a sandbox that stays; then --dry-run and --resume work as on Heroku)",
        )
