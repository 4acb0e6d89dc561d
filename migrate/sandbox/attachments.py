"""Attaching add-ons to apps under names. Replacing a name is two releases, never one.

https://github.com/heroku/heroku-attachable-resources/issues/21 (the last attachment stays),
https://github.com/heroku/heroku-pg/pull/181 (detach and attach are releases of their own)
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from migrate.sandbox import refusals
from migrate.sandbox.world import Attachment

if TYPE_CHECKING:
    from migrate.sandbox.journal import Journal
    from migrate.sandbox.releases import Change, Releases
    from migrate.sandbox.world import AddOn, App, World

PREFIX = "CLOUDAMQP"
_COLOURS = (
    "AMBER",
    "AQUA",
    "BLACK",
    "BLUE",
    "BRONZE",
    "BROWN",
    "COBALT",
    "COPPER",
    "CYAN",
    "GOLD",
    "GRAY",
    "GREEN",
    "IVORY",
    "JADE",
    "MAROON",
    "MAUVE",
    "NAVY",
    "OLIVE",
    "ONYX",
    "ORANGE",
    "PINK",
    "PUCE",
)
_NAME = re.compile(r"^[A-Z][A-Z0-9_]*$")


class Attachments:
    """Names add-ons on apps, with the releases that this makes."""

    def __init__(self, world: World, releases: Releases, journal: Journal) -> None:
        self._world = world
        self._releases = releases
        self._journal = journal

    def checked_name(self, app: App, addon: AddOn, name: str | None, confirm: str | None) -> str:
        """Given a wanted name (None = choose one), return it, or refuse a conflict not confirmed."""
        name = name or self._free_name(app)
        if not _NAME.match(name):
            raise refusals.invalid("Name must be upper-case letters, digits and underscores.")
        held = self.find(app, name)
        taken = {f"{name}_URL", f"{name}_APIKEY"} & set(app.requested)
        if (held or taken) and confirm != app.name:
            reason = f"{name} is already in use on {app.name}: an attachment or config var would be overwritten."
            raise refusals.must_confirm(app.name, reason)
        if held is not None and self._is_last_of_owner(held) and held.addon is not addon:
            raise refusals.invalid(_last(held))
        return name

    def find(self, app: App, name: str) -> Attachment | None:
        """Return the attachment of an app by its name."""
        return next((item for item in self._world.attachments_of(app) if item.name == name), None)

    def reserve(self, app: App, addon: AddOn, name: str) -> Attachment:
        """Take a name, removing the attachment that has it, and make no release for the new one yet."""
        held = self.find(app, name)
        if held is not None:
            self.remove(held)
        attachment = Attachment(name=name, app=app, addon=addon)
        self._world.attachments[attachment.id] = attachment
        return attachment

    def announce(self, attachment: Attachment) -> None:
        """Make the release of a new attachment; its variables are set once the add-on is provisioned."""
        ready = attachment.addon.state == "provisioned"
        change: Change = dict(attachment.variables) if ready else {}
        self._releases.create(attachment.app, f"Attach {_label(attachment)}", change)
        self._journal.event("attached", app=attachment.app.name, name=attachment.name, addon=attachment.addon.name)

    def detach(self, attachment: Attachment) -> None:
        """Remove an attachment on request; the owner's last one is refused."""
        if self._is_last_of_owner(attachment):
            raise refusals.invalid(_last(attachment))
        self.remove(attachment)

    def remove(self, attachment: Attachment) -> None:
        """Remove an attachment and its variables in a release."""
        del self._world.attachments[attachment.id]
        change: Change = dict.fromkeys(attachment.variables)
        self._releases.create(attachment.app, f"Detach {_label(attachment)}", change)
        self._journal.event("detached", app=attachment.app.name, name=attachment.name, addon=attachment.addon.name)

    def _is_last_of_owner(self, attachment: Attachment) -> bool:
        owner = attachment.addon.app
        own = [item for item in self._world.attachments_to(attachment.addon) if item.app is owner]
        return own == [attachment]

    def _free_name(self, app: App) -> str:
        taken = {item.name for item in self._world.attachments_of(app)}
        free = [f"{PREFIX}_{colour}" for colour in _COLOURS if f"{PREFIX}_{colour}" not in taken]
        return PREFIX if PREFIX not in taken else random.choice(free)


def _label(attachment: Attachment) -> str:
    return f"{attachment.name} (@ref:{attachment.addon.name})"


def _last(attachment: Attachment) -> str:
    return f"Cannot destroy last attachment to billing app for resource {attachment.addon.name}"
