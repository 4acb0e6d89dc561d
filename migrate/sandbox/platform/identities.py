"""Finding things by what a path or a body calls them: id or name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from migrate.sandbox import refusals
from migrate.sandbox.sandbox import SANDBOX, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiohttp import web

    from migrate.sandbox.world import AddOn, App, Attachment, Dyno, FormationEntry, Release

Found = TypeVar("Found")


def sandbox_of(request: web.Request) -> Sandbox:
    """Return the sandbox that a request is for."""
    return request.app[SANDBOX]


def app_of(request: web.Request) -> App:
    """Return the app of the path."""
    return find_app(sandbox_of(request), request.match_info["app"])


def find_app(sandbox: Sandbox, identity: str) -> App:
    """Return the app with that name or id."""
    apps = sandbox.world.apps.values()
    found = next((app for app in apps if identity in {app.name, app.id}), None)
    if found is None:
        raise refusals.not_found("app", "app")
    return found


def find_addon(sandbox: Sandbox, identity: str, app: App | None = None) -> AddOn:
    """Return the add-on with that name or id; with an app also by attachment name, and only its own."""
    for addon in sandbox.world.addons.values():
        if identity in {addon.name, addon.id} and (app is None or is_visible(sandbox, addon, app)):
            return addon
    attachment = sandbox.attachments.find(app, identity) if app else None
    if attachment is not None:
        return attachment.addon
    raise refusals.not_found("add-on", "add_on")


def is_visible(sandbox: Sandbox, addon: AddOn, app: App) -> bool:
    """Return whether an app's listing has the add-on: billed to it, or attached to it."""
    return addon.app is app or any(item.app is app for item in sandbox.world.attachments_to(addon))


def find_attachment(sandbox: Sandbox, identity: str, app: App | None = None) -> Attachment:
    """Return the attachment with that id, or with that name on the app."""
    found = sandbox.world.attachments.get(identity)
    if found is None and app is not None:
        found = sandbox.attachments.find(app, identity)
    if found is None or (app is not None and found.app is not app):
        raise refusals.not_found("add-on attachment", "add_on attachment")
    return found


def find_release(app: App, identity: str) -> Release:
    """Return the release with that id or version."""
    return _only(app.releases, identity.removeprefix("v"), lambda item: {item.id, str(item.version)}, "release")


def find_dyno(app: App, identity: str) -> Dyno:
    """Return the visible dyno with that id or name."""
    return _only(app.dynos.values(), identity, lambda item: {item.id, item.name}, "dyno")


def find_formation(app: App, identity: str) -> FormationEntry:
    """Return the process type with that id or name."""
    entries = app.formation.values()
    return _only(entries, identity, lambda item: {item.id, item.type}, "process type")


def named(value: Any, *keys: str) -> str | None:
    """Given an identity of a body, `"x"` or `{"name": "x"}` or `{"id": "x"}`, return it as text."""
    if isinstance(value, dict):
        value = next((value[key] for key in (*keys, "id", "name") if value.get(key)), None)
    return value if isinstance(value, str) and value else None


def _only(items: Iterable[Found], identity: str, names: Callable[[Found], set[str]], what: str) -> Found:
    found = next((item for item in items if identity in names(item)), None)
    if found is None:
        raise refusals.not_found(what, what.replace(" ", "_"))
    return found
