"""The life of an add-on: ordered, provisioned at once or later, moved to another plan, removed.

https://devcenter.heroku.com/articles/getting-started-with-asynchronous-provisioning
"""

from __future__ import annotations

import asyncio
import random
import re
from typing import TYPE_CHECKING

from migrate.sandbox import clock, refusals
from migrate.sandbox.partner.cloudamqp import SERVICE, Partner, at_another_host
from migrate.sandbox.partner.plans import PlanSpec, gets_another_host, refusal
from migrate.sandbox.partner.rabbitmq import BrokerFailed
from migrate.sandbox.releases import PARTNER_EMAIL, Change
from migrate.sandbox.world import AddOn

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from migrate.sandbox.attachments import Attachments
    from migrate.sandbox.journal import Journal
    from migrate.sandbox.releases import Releases
    from migrate.sandbox.world import App, World

_NAME = re.compile(r"^[a-zA-Z][A-Za-z0-9_-]+$")
_WORDS = ("angular", "clean", "cubic", "curved", "deep", "flat", "fluffy", "lively", "opaque")


class AddOns:
    """Sells instances of the partner to apps."""

    def __init__(
        self,
        world: World,
        partner: Partner,
        attachments: Attachments,
        releases: Releases,
        journal: Journal,
    ) -> None:
        self._world = world
        self._partner = partner
        self._attachments = attachments
        self._releases = releases
        self._journal = journal
        self._tasks: set[asyncio.Task[None]] = set()

    def plan(self, name: str) -> PlanSpec:
        """Given `bunny` or `cloudamqp:bunny`, return the plan, or refuse."""
        service, _, slug = name.rpartition(":")
        plan = next((item for item in self._world.settings.plans if item.name == slug), None)
        if plan is None or service not in {"", SERVICE}:
            message = f'Couldn\'t find either the add-on service or the add-on plan of "{name}".'
            raise refusals.invalid(message)
        return plan

    async def create(
        self,
        app: App,
        plan: PlanSpec,
        *,
        name: str | None = None,
        attachment: str | None = None,
        confirm: str | None = None,
    ) -> AddOn:
        """Order an add-on: two releases, `Attach ...` and `... completed provisioning, setting ...`."""
        settings = self._world.settings
        if not plan.orderable:
            raise refusals.invalid(_retired(plan))
        self._check_number(app)
        credentials = self._partner.credentials(encoded=settings.encoded_credentials)
        addon = AddOn(name=self._checked_name(name), app=app, plan=plan, credentials=credentials)
        wanted = self._attachments.checked_name(app, addon, attachment, confirm)
        self._world.addons[addon.id] = addon
        reserved = self._attachments.reserve(app, addon, wanted)
        self._note("addon ordered", addon)
        if settings.provisioning == "async":
            self._attachments.announce(reserved)
            self._spawn(self._provision_later(addon))
            return addon
        if not await self._provision(addon):
            self._forget(addon)
            raise refusals.invalid(_partner_error(plan))
        self._attachments.announce(reserved)
        await self._become_provisioned(addon)
        return addon

    async def change_plan(self, addon: AddOn, plan: PlanSpec) -> None:
        """Move an add-on in place, where the partner allows it; its URL stays but for the host of some."""
        if addon.state not in {"provisioned", "provisioning"}:
            raise refusals.invalid(f"{addon.name} is {addon.state}.")
        if not self._is_configured(addon):
            raise refusals.invalid("Please wait for your cluster to be configured before trying to update it")
        if plan != addon.plan:  # partners treat the same plan as done
            await self._move(addon, plan)

    async def destroy(self, addon: AddOn, *, force: bool = False) -> None:
        """Remove an add-on, its messages, its attachments and their variables. Cannot be undone."""
        foreign = {item.app.name for item in self._world.attachments_to(addon) if item.app is not addon.app}
        if foreign and not force:
            message = f"Cannot destroy {addon.name}: it is attached to other apps ({', '.join(sorted(foreign))})."
            raise refusals.invalid(message)
        if addon.state not in {"provisioned", "provisioning"}:
            raise refusals.invalid(f"{addon.name} is {addon.state}.")
        addon.state = "deprovisioning"
        addon.touch()
        self._note("addon removed", addon)
        await self._partner.deprovision(addon.credentials)
        for item in self._world.attachments_to(addon):
            self._attachments.remove(item)
        if self._world.settings.provisioning == "async":
            self._spawn(self._deprovision_later(addon))
        else:
            self._gone(addon)

    async def _move(self, addon: AddOn, plan: PlanSpec) -> None:
        settings, old = self._world.settings, addon.plan
        message = refusal(old, plan, settings.in_place) or (None if plan.orderable else _retired(plan))
        if message is not None:
            raise refusals.invalid(message)
        await asyncio.sleep(settings.in_place_seconds)
        await self._partner.change(addon.credentials, plan)
        if settings.in_place_drops_connections and not plan.shared:
            await self._partner.disconnect(addon.credentials)
        moves = gets_another_host(old, plan)
        addon.credentials = at_another_host(addon.credentials) if moves else addon.credentials
        addon.plan, addon.configured_since = plan, clock.now()
        addon.touch()
        self._note("addon plan changed", addon)
        if settings.in_place_releases or moves:
            for item in self._world.attachments_to(addon):
                what, who = f"Update {item.name} by {SERVICE}", PARTNER_EMAIL
                self._releases.create(item.app, what, item.variables, phase=False, user=who)

    def _is_configured(self, addon: AddOn) -> bool:
        seconds = (clock.now() - addon.configured_since).total_seconds()
        return addon.state == "provisioned" and seconds >= self._world.settings.configuring_seconds

    def _check_number(self, app: App) -> None:
        there = any(item.app is app and item.state != "deprovisioning" for item in self._world.addons.values())
        if there and not self._world.settings.supports_multiple_installations:
            raise refusals.invalid(f"{app.name} has {SERVICE} already, and can have it once only.")

    async def close(self) -> None:
        """Give up what is being provisioned."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _checked_name(self, name: str | None) -> str:
        if name is None:
            return f"{SERVICE}-{random.choice(_WORDS)}-{random.randint(10_000, 99_999)}"
        if not _NAME.match(name):
            raise refusals.invalid("Name must start with a letter and contain letters, digits, - and _.")
        if any(item.name == name for item in self._world.addons.values()):
            raise refusals.invalid("Name is already taken")
        return name

    async def _provision(self, addon: AddOn) -> bool:
        if self._world.settings.provision_fails:
            return False
        try:
            await self._partner.provision(addon.credentials, addon.plan)
        except BrokerFailed:
            return False
        return True

    async def _provision_later(self, addon: AddOn) -> None:
        await asyncio.sleep(self._world.settings.provision_seconds)
        if addon.state != "provisioning":
            return
        if await self._provision(addon):
            if addon.state == "provisioning":
                await self._become_provisioned(addon)
            else:  # removed while the partner worked
                await self._partner.deprovision(addon.credentials)
        else:
            for item in self._world.attachments_to(addon):
                self._attachments.remove(item)
            self._gone(addon)

    async def _become_provisioned(self, addon: AddOn) -> None:
        addon.state, addon.configured_since = "provisioned", clock.now()
        addon.touch()
        self._note("addon provisioned", addon)
        lag = self._world.settings.config_lag_seconds
        if lag > 0:
            self._spawn(self._publish_later(addon, lag))
        else:
            self._publish(addon)

    async def _publish_later(self, addon: AddOn, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._publish(addon)

    def _publish(self, addon: AddOn) -> None:
        for item in self._world.attachments_to(addon):
            change: Change = dict(item.variables)
            names = ", ".join(change)
            description = f"@ref:{addon.name} completed provisioning, setting {names}."
            self._releases.create(item.app, description, change, phase=False, user=PARTNER_EMAIL)

    async def _deprovision_later(self, addon: AddOn) -> None:
        await asyncio.sleep(self._world.settings.deprovision_seconds)
        self._gone(addon)

    def _gone(self, addon: AddOn) -> None:
        addon.state = "deprovisioned"
        addon.touch()
        self._forget(addon)
        self._note("addon gone", addon)

    def _forget(self, addon: AddOn) -> None:
        self._world.addons.pop(addon.id, None)
        for item in self._world.attachments_to(addon):
            del self._world.attachments[item.id]

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _note(self, event: str, addon: AddOn) -> None:
        self._journal.event(event, app=addon.app.name, addon=addon.name, plan=addon.plan.name)


def _retired(plan: PlanSpec) -> str:
    return f"The {plan.name} plan is no longer available. Choose a different plan."


def _partner_error(plan: PlanSpec) -> str:
    return (
        f"We tried to create {SERVICE}:{plan.name}, but received an error from the add-on provider. Try the "
        "request again, or log a support ticket and include this message: could not create the instance"
    )
