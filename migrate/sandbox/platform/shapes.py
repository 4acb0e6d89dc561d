"""Records as the Platform API shows them. Fields: https://devcenter.heroku.com/articles/platform-api-reference."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from migrate.sandbox.clock import stamp
from migrate.sandbox.partner.cloudamqp import SERVICE
from migrate.sandbox.world import fixed_id

if TYPE_CHECKING:
    from migrate.sandbox.partner.plans import PlanSpec
    from migrate.sandbox.world import (
        Account,
        AddOn,
        App,
        Attachment,
        Authorization,
        Build,
        Dyno,
        FormationEntry,
        Record,
        Release,
        Slug,
        World,
    )

Document = dict[str, Any]


def times(record: Record) -> Document:
    """Return the id and the two dates of a record."""
    return {"id": record.id, "created_at": stamp(record.created_at), "updated_at": stamp(record.updated_at)}


def reference(app: App) -> Document:
    """Return an app as other resources name it."""
    return {"id": app.id, "name": app.name}


def _fixed(kind: str, name: str) -> Document:
    return {"id": fixed_id(kind, name), "name": name}


def account(record: Account) -> Document:
    """Return an account."""
    return times(record) | {
        "allow_tracking": False,
        "beta": False,
        "country_of_residence": None,
        "default_organization": None,
        "default_team": None,
        "delinquent_at": stamp(record.updated_at) if record.delinquent else None,
        "email": record.email,
        "federated": False,
        "identity_provider": None,
        "last_login": stamp(record.created_at),
        "name": None,
        "sms_number": None,
        "suspended_at": stamp(record.updated_at) if record.suspended else None,
        "two_factor_authentication": record.second_factor,
        "verified": True,
    }


def collaborator(record: App, account: Account) -> Document:
    """Return somebody who works on an app."""
    return times(record) | {
        "app": reference(record),
        "id": fixed_id("collaborators", f"{record.id}/{account.id}"),
        "permissions": [],
        "role": "owner" if account is record.owner else "collaborator",
        "user": {"email": account.email, "federated": False, "id": account.id},
    }


def authorization(record: Authorization) -> Document:
    """Return a token; as on Heroku with the token in it."""
    owner = record.account
    return times(record) | {
        "access_token": {"expires_in": None, "id": record.id, "token": record.token},
        "client": None,
        "description": record.description,
        "grant": None,
        "refresh_token": None,
        "scope": list(record.scope),
        "session": None,
        "user": {"id": owner.id, "email": owner.email, "full_name": None},
    }


def app(record: App, web_url: str, git_url: str) -> Document:
    """Return an app; its two addresses lead into the sandbox."""
    stack = _fixed("stacks", record.stack)
    return times(record) | {
        "acm": False,
        "archived_at": None,
        "build_stack": stack,
        "buildpack_provided_description": "Python",
        "generation": _fixed("generations", "cedar"),
        "git_url": git_url,
        "internal_routing": False,
        "maintenance": record.maintenance,
        "name": record.name,
        "organization": None,
        "owner": {"email": record.owner.email, "id": record.owner.id},
        "region": _fixed("regions", record.region),
        "released_at": stamp(record.releases[-1].created_at) if record.releases else None,
        "repo_size": None,
        "slug_size": None,
        "space": None,
        "stack": stack,
        "team": None,
        "web_url": web_url,
    }


def build(record: Build, output_url: str) -> Document:
    """Return a build; `output_url` leads to what it prints."""
    return times(record) | {
        "app": {"id": record.app.id},
        "buildpacks": None,
        "generation": "cedar",
        "output_stream_url": output_url,
        "release": {"id": record.release.id} if record.release else None,
        "slug": {"id": record.slug.id} if record.slug else None,
        "source_blob": asdict(record.blob),
        "stack": "heroku-24",
        "status": record.status,
        "user": {"email": record.account.email, "id": record.account.id},
    }


def slug(record: Slug) -> Document:
    """Return a slug. Its files are not packed here, so its blob is their directory."""
    return times(record) | {
        "blob": {"method": "GET", "url": record.directory.as_uri()},
        "buildpack_provided_description": "Python",
        "checksum": None,
        "commit": record.commit or None,
        "commit_description": None,
        "deleted_at": None,
        "process_types": record.process_types,
        "size": None,
        "stack": _fixed("stacks", "heroku-24"),
    }


def release(record: Release, output_url: str) -> Document:
    """Return a release; `output_url` leads to what its release phase printed."""
    owner = record.app
    return times(record) | {
        "addon_plan_names": record.plan_names,
        "app": reference(owner),
        "artifacts": [{"id": record.slug.id, "type": "slug"}] if record.slug else [],
        "current": owner.current is record,
        "description": record.description,
        "eligible_for_rollback": record.status == "succeeded",
        "output_stream_url": output_url if record.runs_phase and "release" in record.process_types else None,
        "slug": {"id": record.slug.id} if record.slug else None,
        "status": record.status,
        "user": {"email": record.user_email, "id": fixed_id("users", record.user_email)},
        "version": record.version,
    }


def formation(record: FormationEntry, owner: App) -> Document:
    """Return a process type."""
    return times(record) | {
        "app": reference(owner),
        "command": record.command,
        "dyno_size": _fixed("dyno-sizes", record.size),
        "quantity": record.quantity,
        "size": record.size,
        "type": record.type,
    }


def dyno(record: Dyno) -> Document:
    """Return a dyno."""
    return times(record) | {
        "app": reference(record.app),
        "attach_url": record.meeting.url if record.meeting else None,
        "command": record.command,
        "name": record.name,
        "release": {"id": record.release.id, "version": record.release.version},
        "size": record.size,
        "state": record.state,
        "type": record.type,
    }


def plan(spec: PlanSpec) -> Document:
    """Return a plan; only lemur is the default one."""
    epoch = "2011-09-01T00:00:00Z"
    return {
        "addon_service": _fixed("addon-services", SERVICE),
        "compliance": [],
        "created_at": epoch,
        "default": spec.name == "lemur",
        "description": f"CloudAMQP {spec.human_name}",
        "human_name": spec.human_name,
        "id": plan_id(spec),
        "installable_inside_private_network": not spec.shared,
        "installable_outside_private_network": True,
        "name": f"{SERVICE}:{spec.name}",
        "price": price(spec),
        "space_default": False,
        "state": "ga" if spec.orderable else "retired",
        "updated_at": epoch,
        "visible": spec.orderable,
    }


def plan_id(spec: PlanSpec) -> str:
    """Return the id of a plan, the same in every sandbox."""
    return fixed_id("plans", f"{SERVICE}:{spec.name}")


def price(spec: PlanSpec) -> Document:
    """Return a plan's price: cents a month."""
    return {"cents": spec.usd_per_month * 100, "contract": False, "unit": "month"}


def service(world: World) -> Document:
    """Return the add-on service."""
    return {
        "cli_plugin_name": None,
        "created_at": "2011-09-01T00:00:00Z",
        "human_name": "CloudAMQP",
        "id": fixed_id("addon-services", SERVICE),
        "name": SERVICE,
        "state": "ga",
        "supported_generations": [_fixed("generations", "cedar")],
        "supports_multiple_installations": world.settings.supports_multiple_installations,
        "supports_sharing": True,
        "updated_at": "2011-09-01T00:00:00Z",
    }


def addon(record: AddOn, world: World, expansion: str = "") -> Document:
    """Return an add-on; `expansion` is the request's Accept-Expansion header."""
    own = [item for item in world.attachments_to(record) if item.app is record.app]
    names = [name for item in own for name in item.variables] if record.state == "provisioned" else []
    short_plan = {"id": plan_id(record.plan), "name": f"{SERVICE}:{record.plan.name}"}
    provider = service(world) if "addon_service" in expansion else _fixed("addon-services", SERVICE)
    return times(record) | {
        "actions": [],
        "addon_service": provider,
        "app": reference(record.app),
        "billed_price": price(record.plan),
        "billing_entity": reference(record.app) | {"type": "app"},
        "config_vars": names,
        "name": record.name,
        "plan": plan(record.plan) if "plan" in expansion.split(",") else short_plan,
        "provider_id": record.credentials.user,
        "state": record.state,
        "web_url": f"https://addons-sso.heroku.com/apps/{record.app.id}/addons/{record.id}",
    }


def attachment(record: Attachment) -> Document:
    """Return an attachment."""
    target = record.addon
    return times(record) | {
        "addon": {"id": target.id, "name": target.name, "app": reference(target.app)},
        "app": reference(record.app),
        "log_input_url": None,
        "name": record.name,
        "namespace": None,
        "web_url": f"https://addons-sso.heroku.com/apps/{record.app.id}/addons/{target.id}",
    }
