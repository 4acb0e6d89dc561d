"""Which apps a fleet is about: those that its file names, or those of the account that its selector finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.cloudamqp import SERVICE, full_plan_name
from migrate.errors import FleetEmpty
from migrate.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.clients.heroku import Heroku
    from migrate.fleet.manifest import Manifest, Selector
    from migrate.platform import AddOn


class Chosen(Struct, frozen=True):
    """One app, before anything else was read of it."""

    app: str
    plan: str
    """Its CloudAMQP plans as Heroku lists them for the account; empty where they are not among those."""
    moved: bool
    """Whether all of them are the wanted one already."""


def select(heroku: Heroku, manifest: Manifest) -> tuple[Chosen, ...]:
    """Given an account and a file, return the apps, in the order of the file or by name.

    A handful of reads, however many apps there are. Raises FleetEmpty where none is left, or a pipeline has an app
    that this account does not see.
    """
    team = manifest.selector.team if manifest.selector else ""
    plans = _plans(heroku.team_add_ons(team) if team else heroku.all_add_ons())
    names = manifest.apps or _selected(heroku, manifest.selector, plans)
    target = full_plan_name(manifest.to)
    found = tuple(
        Chosen(name, ", ".join(plans.get(name, ())), bool(plans.get(name)) and set(plans[name]) == {target})
        for name in names
    )
    if all(chosen.moved for chosen in found):
        raise FleetEmpty(
            f"Fleet {manifest.name} has no app to move.",
            why=f"All of its {counted(len(found), 'app')} are on {target} already." if found else "None is selected.",
            next="heroku addons --all",
        )
    return found


def _plans(add_ons: tuple[AddOn, ...]) -> Mapping[str, tuple[str, ...]]:
    plans: dict[str, tuple[str, ...]] = {}
    for item in add_ons:
        if item.service == SERVICE:
            plans[item.billed_to] = (*plans.get(item.billed_to, ()), item.plan)
    return plans


def _selected(heroku: Heroku, selector: Selector | None, plans: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if selector is None:
        return ()
    names = set(plans)
    if selector.pipeline:
        names &= _of_pipeline(heroku, selector)
    elif selector.team:
        names &= {app.name for app in heroku.team_apps(selector.team)}
    if selector.plan:
        names = {name for name in names if full_plan_name(selector.plan) in plans[name]}
    return tuple(sorted(names))


def _of_pipeline(heroku: Heroku, selector: Selector) -> set[str]:
    apps = heroku.team_apps(selector.team) if selector.team else heroku.apps()
    names = {app.id: app.name for app in apps}
    coupled = heroku.pipeline_apps(selector.pipeline, selector.stage)
    unseen = [app for app in coupled if app not in names]
    if unseen and not selector.team:
        raise FleetEmpty(
            f"Pipeline {selector.pipeline} has {counted(len(unseen), 'app')} that this account does not see.",
            why=f"Ids: {listed(unseen, 3)}. Who selects a pipeline means all of it.",
            next="apps = [...] in the file, or a token that sees them",
        )
    return {names[app] for app in coupled if app in names}
