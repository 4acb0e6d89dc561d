"""What CloudAMQP's service, its plans and its add-ons are called at Heroku."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from migrate.clients.heroku import Heroku
    from migrate.platform import AddOn

SERVICE: Final = "cloudamqp"


def full_plan_name(plan: str) -> str:
    """Given ``bunny`` or ``cloudamqp:bunny``, return the latter."""
    return plan if ":" in plan else f"{SERVICE}:{plan}"


def cloudamqp_add_ons(heroku: Heroku, app: str) -> tuple[AddOn, ...]:
    """Return the CloudAMQP add-ons of an app, those billed to another app included."""
    return tuple(item for item in heroku.add_ons(app) if item.service == SERVICE)
