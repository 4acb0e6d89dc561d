"""Heroku's Platform API, as far as a migration needs it.

Reference: https://devcenter.heroku.com/articles/platform-api-reference. Identities accept id or name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from migrate.clients.recent_reads import RecentReads
from migrate.errors import AppUnknown, HerokuUnreachable, OutcomeUnknown
from migrate.platform import SUCCEEDED, AddOn, App, Attachment, Dyno, Plan, ProcessType, Release
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migrate.clients.heroku_transport import HerokuTransport
    from migrate.clients.insistence import Insist

T = TypeVar("T")
_MISSHAPEN = (KeyError, TypeError, ValueError, AttributeError)
_NEWEST_FIRST = "version ..; order=desc,max={count}"


class Heroku(Struct, frozen=True):
    """Typed calls over a transport; every method raises what the transport raises.

    A reply without a field that decisions rest on raises HerokuUnreachable: unknown is never good.
    """

    transport: HerokuTransport
    insist: Insist
    """Repeats every read."""
    recent: RecentReads | None = None
    """What needs not be asked again at once; None: everything is."""

    def insisting(self, insist: Insist) -> Heroku:
        """Return the same Heroku, whose reads are repeated in another way, and shared by who asks in one breath."""
        return replace(self if self.recent else self.sharing(), insist=insist)

    def sharing(self) -> Heroku:
        """Return the same Heroku, whose reads are shared by who asks in one breath."""
        return replace(self, recent=RecentReads(self.transport.clock))

    def forget(self) -> None:
        """Have everything asked anew: after a wait, and before what a call rests on is looked at."""
        if self.recent is not None:
            self.recent.forget()

    def apps(self) -> tuple[App, ...]:
        """Return the apps that this account sees."""
        return self._each("/apps", App.parse)

    def team_apps(self, team: str) -> tuple[App, ...]:
        """Return the apps of a team; raises AppUnknown where there is no such team."""
        return self._each(f"/teams/{team}/apps", App.parse)

    def pipeline_apps(self, pipeline: str, stage: str = "") -> tuple[str, ...]:
        """Given a pipeline's name or id, return the ids of its apps, those of one stage where it is given."""
        identity = self._one(f"/pipelines/{pipeline}", lambda body: str(body["id"]))

        def parse(items: Sequence[Any]) -> tuple[str, ...]:
            return tuple(str(item["app"]["id"]) for item in items if stage in {"", item["stage"]})

        return self._one(f"/pipelines/{identity}/pipeline-couplings", parse)

    def all_add_ons(self) -> tuple[AddOn, ...]:
        """Return the add-ons of every app that this account sees."""
        return self._each("/addons", AddOn.parse)

    def team_add_ons(self, team: str) -> tuple[AddOn, ...]:
        """Return the add-ons of every app of a team."""
        return self._each(f"/teams/{team}/addons", AddOn.parse)

    def app(self, app: str) -> App:
        """Given an app's name, return it; raises AppUnknown."""
        return self._one(f"/apps/{app}", App.parse)

    def preboot(self, app: str) -> bool:
        """Return whether old web dynos of the app go on serving, unlisted, after a release.

        https://devcenter.heroku.com/articles/preboot
        """
        return self._one(f"/apps/{app}/features/preboot", lambda body: bool(body["enabled"]))

    def config_vars(self, app: str) -> dict[str, str]:
        """Return the app's variables; stale while a release phase runs (heroku/cli#3345)."""
        return self._one(f"/apps/{app}/config-vars", _variables)

    def release_config_vars(self, app: str, version: int) -> dict[str, str]:
        """Return the variables of one release, also of one that is still pending."""
        question = _release_variables(app, version)
        known: dict[str, str] | None = self.recent.known(question) if self.recent else None
        return self._one(question, _variables) if known is None else known

    def variables_of(self, app: str, release: Release) -> dict[str, str]:
        """Given a release as it was just read, return its variables; of one that has succeeded they are asked once.

        Whatever changes variables makes another release: https://devcenter.heroku.com/articles/releases
        """
        found = self.release_config_vars(app, release.version)
        if self.recent is not None and release.status == SUCCEEDED:
            self.recent.keep(_release_variables(app, release.version), found)
        return found

    def releases(self, app: str, count: int = 20) -> tuple[Release, ...]:
        """Return the newest releases of the app, newest first; no other answer that is kept is older than these."""
        newest = {"Range": _NEWEST_FIRST.format(count=count)}

        def read() -> Any:
            self.forget()
            return self.transport.read(f"/apps/{app}/releases", headers=newest, whole=False)

        return self._parsed(("releases", app, count), read, lambda items: tuple(map(Release.parse, items)))

    def formation(self, app: str) -> tuple[ProcessType, ...]:
        """Return the app's process types with their quantities and commands."""
        return self._each(f"/apps/{app}/formation", ProcessType.parse)

    def dynos(self, app: str) -> tuple[Dyno, ...]:
        """Return the app's dynos as they are now, one-off dynos included, preboot's old ones not.

        Never from a moment ago: they crash and start without anybody's call.
        """
        path = f"/apps/{app}/dynos"
        if self.recent is not None:
            self.recent.forget(path)
        return self._each(path, Dyno.parse)

    def add_ons(self, app: str) -> tuple[AddOn, ...]:
        """Return the add-ons of the app, those billed to another app included."""
        return self._each(f"/apps/{app}/addons", AddOn.parse)

    def add_on(self, app: str, add_on: str) -> AddOn | None:
        """Given an add-on's id or name, return it, or None when Heroku says that it does not exist."""
        path = f"/apps/{app}/addons/{add_on}"

        def read() -> Any:
            try:
                return self.transport.read(path)
            except AppUnknown:
                return None

        return self._parsed(path, read, lambda body: None if body is None else AddOn.parse(body))

    def attachments(self, app: str) -> tuple[Attachment, ...]:
        """Return every attachment of the app."""
        return self._each(f"/apps/{app}/addon-attachments", Attachment.parse)

    def attachments_of(self, add_on: str) -> tuple[Attachment, ...]:
        """Given an add-on's id, return its attachments on every app."""
        return self._each(f"/addons/{add_on}/addon-attachments", Attachment.parse)

    def plans(self, service: str) -> tuple[Plan, ...]:
        """Given a service such as ``cloudamqp``, return the plans that can be ordered now."""
        return self._each(f"/addon-services/{service}/plans", Plan.parse)

    def several_per_app(self, service: str) -> bool:
        """Given a service, return whether an app may have more than one add-on of it at once."""
        return self._one(f"/addon-services/{service}", lambda body: bool(body["supports_multiple_installations"]))

    def patch_config_vars(self, app: str, changes: Mapping[str, str | None]) -> None:
        """Set variables, unset those given as None; one call makes one release."""
        self._write("PATCH", f"/apps/{app}/config-vars", dict(changes))

    def release_slug(self, app: str, slug: str, *, description: str) -> None:
        """Release a slug of the app again, under words that the release is found by."""
        self._write("POST", f"/apps/{app}/releases", {"slug": slug, "description": description})

    def set_maintenance(self, app: str, *, on: bool) -> None:
        """Switch maintenance mode on or off; makes no release."""
        self._write("PATCH", f"/apps/{app}", {"maintenance": on})

    def scale(self, app: str, quantities: Mapping[str, int]) -> None:
        """Set how many dynos there should be of each process type; makes no release."""
        updates = [{"type": name, "quantity": count} for name, count in quantities.items()]
        self._write("PATCH", f"/apps/{app}/formation", {"updates": updates})

    def run_dyno(self, app: str, *, command: str, size: str, seconds: int) -> Dyno:
        """Start a one-off dyno that nobody is attached to; Heroku ends it after so many seconds at the latest."""
        body = {"command": command, "attach": False, "size": size, "time_to_live": seconds}
        reply = self._write("POST", f"/apps/{app}/dynos", body)
        return _made(lambda: Dyno.parse(reply), "a dyno", f"heroku ps --app {app}")

    def log_of(self, app: str, dyno: str) -> Secret:
        """Given a dyno, return where its last lines can be read and the next ones as they come, without a token.

        https://devcenter.heroku.com/articles/platform-api-reference#log-session
        """
        body = {"dyno": dyno, "lines": 100, "tail": True}
        reply = self._write("POST", f"/apps/{app}/log-sessions", body)
        return _made(lambda: Secret(str(reply["logplex_url"])), "a log session", f"heroku logs --app {app}")

    def stop_dyno(self, app: str, name: str) -> None:
        """End a dyno; one of the formation comes back."""
        self._write("POST", f"/apps/{app}/dynos/{name}/actions/stop")

    def create_add_on(self, app: str, *, plan: str, name: str, attachment: str) -> AddOn:
        """Add an add-on under a name of our own, so that a lost reply can be looked up.

        No ``confirm`` is sent: an attachment of the same name that appeared meanwhile is not overwritten
        but answered with ``confirmation_required``.
        """
        body = {"plan": plan, "name": name, "attachment": {"name": attachment}}
        reply = self._write("POST", f"/apps/{app}/addons", body)
        return _made(lambda: AddOn.parse(reply), name, f"heroku addons --app {app}")

    def delete_add_on(self, app: str, add_on: str) -> None:
        """Remove an add-on with everything in it; without ``force``, so that foreign attachments stop it."""
        self._write("DELETE", f"/apps/{app}/addons/{add_on}")

    def change_plan(self, app: str, add_on: str, plan: str) -> None:
        """Have the add-on's provider change its plan in place; refused with 422 and words of the provider's own."""
        self._write("PATCH", f"/apps/{app}/addons/{add_on}", {"plan": plan})

    def attach(self, app: str, *, add_on: str, name: str, replace: bool = False) -> None:
        """Give the app one more attachment of the add-on under that name.

        Where the name is another add-on's already it is refused, unless it may ``replace`` it: then Heroku makes two
        releases, Detach and Attach. https://github.com/heroku/heroku-pg/pull/181
        """
        body = {"addon": add_on, "app": app, "name": name} | ({"confirm": app} if replace else {})
        self._write("POST", "/addon-attachments", body)

    def detach(self, attachment: str) -> None:
        """Given an attachment's id, take it away; refused where it is the owner's last one of the add-on."""
        self._write("DELETE", f"/addon-attachments/{attachment}")

    def _one(self, path: str, parse: Callable[[Any], T]) -> T:
        return self._parsed(path, lambda: self.transport.read(path), parse)

    def _each(self, path: str, parse: Callable[[Any], T]) -> tuple[T, ...]:
        def parse_all(items: Sequence[Any]) -> tuple[T, ...]:
            return tuple(map(parse, items))

        return self._one(path, parse_all)

    def _write(self, method: str, path: str, body: object = None) -> Any:
        self.forget()
        try:
            return self.transport.write(method, path, body)
        finally:
            self.forget()

    def _parsed(self, question: object, read: Callable[[], Any], parse: Callable[[Any], T]) -> T:
        def look() -> T:
            body = self.recent.answer(question, read) if self.recent is not None else read()
            try:
                return parse(body)
            except _MISSHAPEN as error:
                self.forget()
                raise HerokuUnreachable(
                    "Heroku's reply does not have the expected shape.",
                    why=f"{type(error).__name__} while reading it.",
                    next="run the same command again; if it fails again, report it",
                ) from None

        return self.insist(look)


def _made(parse: Callable[[], T], name: str, look_at: str) -> T:
    try:
        return parse()
    except _MISSHAPEN as error:
        # It was made, or something was: not to be taken for a call that never left.
        raise OutcomeUnknown(
            f"Heroku's answer to adding {name} cannot be understood.",
            why=f"{type(error).__name__} while reading it.",
            next=look_at,
        ) from None


def _release_variables(app: str, version: int) -> str:
    return f"/apps/{app}/releases/{version}/config-vars"


def _variables(body: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in body.items() if isinstance(value, str)}
