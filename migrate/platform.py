"""What Heroku's Platform API speaks of, as frozen values.

Each ``parse`` reads the fields that decisions rest on and raises KeyError or TypeError when one is
missing: the client turns that into an error, because a missing field is not a default.
Fields: https://devcenter.heroku.com/articles/platform-api-reference
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.command_lines import calls, celery_call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    Json = Mapping[str, Any]

PENDING, SUCCEEDED = "pending", "succeeded"
GONE = frozenset({"deprovisioning", "deprovisioned"})
"""States of an add-on that is on its way out, or out."""
_SIZE: Final = "Standard-1X"


class App(Struct, frozen=True):
    """A Heroku app."""

    id: str
    name: str
    maintenance: bool

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Given an app as Heroku answers it, return what matters here."""
        return cls(body["id"], body["name"], bool(body["maintenance"]))


class Plan(Struct, frozen=True):
    """A plan of an add-on service, as the live plan list has it."""

    name: str
    """With its service, as in ``cloudamqp:bunny-1``."""
    cents: int | None
    """Price in US cents for each ``unit``; None where the reply has none."""
    unit: str
    state: str

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Given a plan as Heroku answers it, return what matters here."""
        price = body.get("price") or {}
        return cls(body["name"], price.get("cents"), price.get("unit") or "month", body.get("state") or "ga")

    @property
    def slug(self) -> str:
        """The name without its service: ``bunny-1``."""
        return self.name.partition(":")[2]

    @property
    def price(self) -> str:
        """The price for people: ``$99/month``, ``free``, or ``price unknown``."""
        if self.cents is None:
            return "price unknown"
        if self.cents == 0:
            return "free"
        dollars, cents = divmod(self.cents, 100)
        return f"${dollars}.{cents:02}/{self.unit}" if cents else f"${dollars}/{self.unit}"


class AddOn(Struct, frozen=True):
    """An add-on: one instance of a service on one plan, billed to one app."""

    id: str
    name: str
    plan: str
    service: str
    state: str
    """provisioning, provisioned, deprovisioning (not in the schema, but it occurs) or deprovisioned."""
    billed_to: str
    config_vars: tuple[str, ...]

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Given an add-on as Heroku answers it, return what matters here."""
        owner = body.get("billing_entity") or body["app"]
        return cls(
            id=body["id"],
            name=body["name"],
            plan=body["plan"]["name"],
            service=body["addon_service"]["name"],
            state=body["state"],
            billed_to=owner["name"],
            config_vars=tuple(body.get("config_vars") or ()),
        )


class Attachment(Struct, frozen=True):
    """A name under which an add-on's variables reach an app."""

    id: str
    name: str
    add_on: str
    """The add-on's name."""
    app: str

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Given an attachment as Heroku answers it, return what matters here."""
        return cls(body["id"], body["name"], body["addon"]["name"], body["app"]["name"])


class Release(Struct, frozen=True):
    """One release of an app."""

    version: int
    status: str
    """pending, succeeded, failed or expired."""
    current: bool
    description: str
    slug: str | None = None
    """The id of its slug; None where it has none, as before the first deploy."""

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Given a release as Heroku answers it, return what matters here."""
        return cls(
            version=int(body["version"]),
            status=body["status"],
            current=bool(body["current"]),
            description=str(body.get("description") or ""),
            slug=(body.get("slug") or {}).get("id"),
        )


class ProcessType(Struct, frozen=True):
    """One line of the formation: how many dynos run which command."""

    type: str
    quantity: int
    command: str
    size: str = _SIZE
    """Of each dyno, as Heroku names it."""

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Given an entry of the formation as Heroku answers it, return what matters here."""
        name, quantity = body["type"], int(body["quantity"])
        size = body.get("size") or (body.get("dyno_size") or {}).get("name") or _SIZE
        return cls(name, quantity, str(body.get("command") or ""), str(size))

    @property
    def runs_beat(self) -> bool:
        """Whether the command is seen to start Celery beat, alone or inside a worker."""
        return not {"beat", "-B", "--beat"}.isdisjoint(self.command.split())

    @property
    def runs_celery_worker(self) -> bool:
        """Whether the command is seen to start a Celery worker; a wrapper script hides it."""
        return _starts_celery_worker(self.command)


@lru_cache(maxsize=1000)
def _starts_celery_worker(command: str) -> bool:
    # Cached, for the same few commands are looked at in every wait.
    return any(celery_call(call.words).subcommand == "worker" for call in calls(command, {"celery"}))


class Dyno(Struct, frozen=True):
    """One running dyno."""

    id: str
    name: str
    type: str
    state: str
    """starting, up, idle, crashed or down."""
    version: int
    """Of the release that it runs."""
    command: str = ""

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Given a dyno as Heroku answers it, return what matters here."""
        version, command = int(body["release"]["version"]), str(body.get("command") or "")
        return cls(body["id"], body["name"], body["type"], body["state"], version, command)


def at_least(formation: Mapping[str, int], wanted: Mapping[str, int]) -> dict[str, int]:
    """Given quantities and others that are wanted, return for each process type the larger one."""
    return {name: max(formation.get(name, 0), wanted.get(name, 0)) for name in {**formation, **wanted}}
