from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from migrate.platform import AddOn, App, Attachment, Dyno, Plan, ProcessType, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

APP = {"id": "a1", "name": "shop", "maintenance": True, "region": {"name": "eu"}}
PLAN = {"name": "cloudamqp:bunny-1", "price": {"cents": 9900, "unit": "month"}, "state": "beta"}
ADD_ON = {
    "id": "d1",
    "name": "cloudamqp-round-1",
    "plan": {"id": "p1", "name": "cloudamqp:lemur"},
    "addon_service": {"id": "s1", "name": "cloudamqp"},
    "state": "provisioned",
    "app": {"name": "shop"},
    "billing_entity": {"name": "owner", "type": "app"},
    "config_vars": ["CLOUDAMQP_URL"],
}
ATTACHMENT = {"id": "t1", "name": "CLOUDAMQP", "addon": {"name": "cloudamqp-round-1"}, "app": {"name": "shop"}}
RELEASE = {"version": 8, "status": "pending", "current": False, "description": "Set FOO"}
PROCESS = {"type": "worker", "quantity": 2, "command": "celery -A shop worker"}
DYNO = {"id": "y1", "name": "web.1", "type": "web", "state": "up", "release": {"id": "r1", "version": 8}}


def without(body: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != field}


@pytest.mark.parametrize(
    ("parse", "body", "parsed"),
    [
        (App.parse, APP, App("a1", "shop", maintenance=True)),
        (Plan.parse, PLAN, Plan("cloudamqp:bunny-1", 9900, "month", "beta")),
        (Attachment.parse, ATTACHMENT, Attachment("t1", "CLOUDAMQP", "cloudamqp-round-1", "shop")),
        (Release.parse, RELEASE, Release(8, "pending", current=False, description="Set FOO")),
        (ProcessType.parse, PROCESS, ProcessType("worker", 2, "celery -A shop worker")),
        (Dyno.parse, DYNO, Dyno("y1", "web.1", "web", "up", 8)),
    ],
)
def test_what_matters_is_read(parse: Callable[[Any], object], body: object, parsed: object) -> None:
    assert parse(body) == parsed


def test_an_add_on_is_read_with_the_app_that_pays() -> None:
    assert AddOn.parse(ADD_ON) == AddOn(
        "d1", "cloudamqp-round-1", "cloudamqp:lemur", "cloudamqp", "provisioned", "owner", ("CLOUDAMQP_URL",)
    )


def test_an_add_on_without_billing_entity_is_billed_to_its_app() -> None:
    assert AddOn.parse(without(ADD_ON, "billing_entity")).billed_to == "shop"


def test_an_add_on_that_nobody_owns_is_an_error() -> None:
    with pytest.raises(KeyError):
        AddOn.parse(without(without(ADD_ON, "billing_entity"), "app"))


@pytest.mark.parametrize(
    ("parse", "body", "fields"),
    [
        (App.parse, APP, ("id", "name", "maintenance")),
        (Plan.parse, PLAN, ("name",)),
        (AddOn.parse, ADD_ON, ("id", "name", "plan", "addon_service", "state")),
        (Attachment.parse, ATTACHMENT, ("id", "name", "addon", "app")),
        (Release.parse, RELEASE, ("version", "status", "current")),
        (ProcessType.parse, PROCESS, ("type", "quantity")),
        (Dyno.parse, DYNO, ("id", "name", "type", "state", "release")),
    ],
)
def test_a_missing_field_is_an_error_not_a_default(
    parse: Callable[[Any], object], body: dict[str, Any], fields: tuple[str, ...]
) -> None:
    for field in fields:
        with pytest.raises(KeyError):
            parse(without(body, field))


@pytest.mark.parametrize("parse", [App.parse, Attachment.parse, Release.parse, ProcessType.parse, Dyno.parse])
@pytest.mark.parametrize("body", [None, [], "text"])
def test_another_shape_than_an_object_is_an_error(parse: Callable[[Any], object], body: object) -> None:
    with pytest.raises(TypeError):
        parse(body)


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        ({"cents": 9900, "unit": "month"}, "$99/month"),
        ({"cents": 1950, "unit": "month"}, "$19.50/month"),
        ({"cents": 1234567, "unit": "month"}, "$12345.67/month"),
        ({"cents": 9900}, "$99/month"),
        ({"cents": 0, "unit": "month"}, "free"),
        ({"unit": "month"}, "price unknown"),
        (None, "price unknown"),
    ],
)
def test_a_price_is_shown_for_people_and_never_made_up(price: object, shown: str) -> None:
    assert Plan.parse({**PLAN, "price": price}).price == shown


def test_a_plan_has_a_slug_without_its_service() -> None:
    assert Plan.parse(PLAN).slug == "bunny-1"


@pytest.mark.parametrize(
    "command",
    [
        "celery -A shop worker",
        "celery worker -A shop",
        "python -m celery -A shop worker --loglevel info",
        "env -u CELERY_ALWAYS_EAGER /app/.venv/bin/celery --app=shop worker -c 2",
        "newrelic-admin run-program celery -A shop worker",
        "celery -A shop worker; true",
        "cd shop && celery --app shop --workdir . worker & wait",
    ],
)
def test_a_command_that_starts_a_worker_is_seen(command: str) -> None:
    assert ProcessType("any", 1, command).runs_celery_worker


@pytest.mark.parametrize(
    "command",
    [
        "",
        "gunicorn shop.wsgi",
        "celery -A shop beat",
        "celery -A shop flower",
        "celery -A worker beat",
        "celery -A proj inspect ping -d worker",
        "python worker",
        "celeryd worker",
    ],
)
def test_a_command_that_starts_something_else_is_no_worker(command: str) -> None:
    assert not ProcessType("worker", 1, command).runs_celery_worker
