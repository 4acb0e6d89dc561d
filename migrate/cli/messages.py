"""``migrate-plan messages``: what an app's messages come to in a month, against what its plan has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import options

if TYPE_CHECKING:
    from migrate.cli.speech import Speech
    from migrate.cli.world import World
    from migrate.events import Result


def messages(
    app: options.App = None,
    add_on: options.AddOn = None,
    seconds: Annotated[
        int, typer.Option("--seconds", metavar="N", min=20, help="How long to count; longer is more exact.")
    ] = 60,
    quota: Annotated[
        int | None,
        typer.Option(
            "--quota", metavar="N", min=0, help="Messages a month that the plan allows; 0 if it has no quota."
        ),
    ] = None,
    rabbitmq_api: options.RabbitmqApi = None,
    json: options.Json = False,
) -> None:
    """Count messages for a minute, and compare what that makes in a month with the plan's quota.

    Each publish and each delivery is one message, as CloudAMQP counts. Also shows Celery's own share. Reads only.
    """
    from migrate.cli.speech import speaking
    from migrate.cli.world import World

    with speaking(json=json) as speech:
        speech.end(_messages(speech, World(None, rabbitmq_api, 1), app, add_on, seconds, quota))


def _messages(
    speech: Speech, world: World, wanted: str | None, add_on_name: str | None, seconds: int, quota: int | None
) -> Result:
    from migrate import results
    from migrate.advice.counting import count_messages
    from migrate.advice.message_quota import refuse_excess, unproven
    from migrate.advice.message_rate import message_rate, quota_of
    from migrate.broker_reading import opened
    from migrate.brokers.report import Unreadable
    from migrate.cli.wish import which_add_on, which_app
    from migrate.events import MessagesCounted, StepWaiting

    heroku = world.heroku(speech)
    app = which_app(speech, heroku, wanted)
    add_on = which_add_on(speech, heroku, app, add_on_name)
    broker = opened(world.brokers(), heroku.config_vars(app), heroku.attachments_of(add_on.id), app)
    if isinstance(broker, Unreadable):
        raise unproven(broker.reason)
    counted = count_messages(
        broker.rabbitmq.traffic,
        seconds,
        speech.clock,
        lambda waiting: speech.tell(StepWaiting("messages", waiting.reason, waiting.detail or {})),
    )
    rate = message_rate(counted, quota_of(add_on.plan, quota))
    speech.tell(MessagesCounted(app, add_on.name, add_on.plan, rate))
    refuse_excess(rate, add_on.plan, app)
    return results.listed(f"{add_on.plan} has enough messages for {app}.", "")
