"""What a preview says of every step there is, of an app that is called as the runbooks call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from fakes.facts import ADD_ON, PLANS, WEB, WORKER, healthy_facts
from migrate.brokers.pasted_copies import Copy
from migrate.migration import Choices
from migrate.planning import opening
from migrate.platform import App, Attachment, Plan, ProcessType, Release
from migrate.strategies import STRATEGIES

if TYPE_CHECKING:
    from migrate.preview import Preview

BEAT = ProcessType("beat", 1, "celery --app shop beat")


def previews() -> dict[tuple[str, str], Preview]:
    """Every step of every strategy with all that may be chosen, of an app that is called as the pages call it."""
    found: dict[tuple[str, str], Preview] = {}
    for strategy in STRATEGIES:
        for drain_dynos in (False, True) if strategy in {"documented", "side-by-side"} else (None,):
            for choices in everything(strategy, drain_dynos=drain_dynos):
                facts = healthy_facts(
                    app=App("01234567-app", "APP", maintenance=False),
                    add_on=replace(ADD_ON, name="ADDON"),
                    attachments=tuple(Attachment(n, n, "ADDON", "APP") for n in ("CLOUDAMQP", "RABBIT")),
                    target="cloudamqp:PLAN",
                    plans=(*PLANS, Plan("cloudamqp:PLAN", 9900, "month", "ga")),
                    copies=(Copy("BROKER_URL", "amqps://u:***@h/v"),),
                    releases=(Release(7, "succeeded", current=True, description="Deploy", slug="a-slug"),),
                    formation=(WEB, replace(WORKER, quantity=2, command="celery -A shop worker"), BEAT),
                )
                migration = opening.migration_of(facts, "mig-7f3k2q", choices)
                facts = facts.decided(migration)
                steps = opening.preview(facts, migration).steps
                found |= {(strategy, step.step): step for step in steps}
    return found


def everything(strategy: str, *, drain_dynos: bool | None) -> tuple[Choices, ...]:
    chosen = Choices(
        strategy,
        drain_dynos=drain_dynos,
        scale_up={"worker": 3},
        leftovers="carry",
        bridge_workers={"worker": 1} if strategy == "bridge" else {},
        paused=("beat",),
        maintenance=True,
        deploy="slug",
        copy_alarms=strategy != "in-place",
    )
    return (chosen, replace(chosen, kept_copies=("BROKER_URL",)))


PREVIEWS = previews()
