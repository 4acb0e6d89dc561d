"""Finding things by what a path or a body calls them: id or name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from migrate.sandbox import refusals
from migrate.sandbox.platform import access
from migrate.sandbox.sandbox import SANDBOX, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiohttp import web

    from migrate.sandbox.world import AddOn, App, Attachment, Build, Dyno, FormationEntry, Release, Slug

Found = TypeVar("Found")


def sandbox_of(request: web.Request) -> Sandbox:
    """Return the sandbox that a request is for."""
    return request.app[SANDBOX]


def app_of(request: web.Request) -> App:
    """Return the app of the path."""
    return find_app(request, request.match_info["app"])


def find_app(request: web.Request, identity: str) -> App:
    """Return the app with that name or id, unless it is none of the caller's business."""
    apps = sandbox_of(request).world.apps.values()
    found = next((app for app in apps if identity in {app.name, app.id}), None)
    if found is None:
        raise refusals.not_found("app", "app")
    access.check_app(request, found)
    return found


def apps_of(request: web.Request) -> list[App]:
    """Return the apps that the caller owns or works on."""
    account = access.caller_of(request).account
    return [app for app in sandbox_of(request).world.apps.values() if app.is_shown_to(account)]


def addons_of(request: web.Request) -> list[AddOn]:
    """Return the add-ons that the caller's apps have, billed to them or attached to them."""
    sandbox, apps = sandbox_of(request), apps_of(request)
    addons = sandbox.world.addons.values()
    return [item for item in addons if any(is_visible(sandbox, item, app) for app in apps)]


def find_addon(request: web.Request, identity: str, app: App | None = None) -> AddOn:
    """Return the add-on with that name or id; with an app also by attachment name, and only its own."""
    sandbox = sandbox_of(request)
    for addon in addons_of(request):
        if identity in {addon.name, addon.id} and (app is None or is_visible(sandbox, addon, app)):
            return addon
    attachment = sandbox.attachments.find(app, identity) if app else None
    if attachment is not None:
        return attachment.addon
    raise refusals.not_found("add-on", "add_on")


def is_visible(sandbox: Sandbox, addon: AddOn, app: App) -> bool:
    """Return whether an app's listing has the add-on: billed to it, or attached to it."""
    return addon.app is app or any(item.app is app for item in sandbox.world.attachments_to(addon))


def attachments_of(request: web.Request) -> list[Attachment]:
    """Return the attachments on the caller's apps."""
    apps = apps_of(request)
    return [item for item in sandbox_of(request).world.attachments.values() if item.app in apps]


def find_attachment(request: web.Request, identity: str, app: App | None = None) -> Attachment:
    """Return the attachment with that id, or with that name on the app."""
    found = next((item for item in attachments_of(request) if item.id == identity), None)
    if found is None and app is not None:
        found = sandbox_of(request).attachments.find(app, identity)
    if found is None or (app is not None and found.app is not app):
        raise refusals.not_found("add-on attachment", "add_on attachment")
    return found


def find_release(app: App, identity: str) -> Release:
    """Return the release with that id or version."""
    return _only(app.releases, identity.removeprefix("v"), lambda item: {item.id, str(item.version)}, "release")


def find_build(app: App, identity: str) -> Build:
    """Return the build with that id."""
    return _only(app.builds.values(), identity, lambda item: {item.id}, "build")


def find_slug(app: App, identity: str) -> Slug:
    """Return the slug with that id."""
    return _only(app.slugs.values(), identity, lambda item: {item.id}, "slug")


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
