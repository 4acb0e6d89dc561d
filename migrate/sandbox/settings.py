"""Everything about a sandbox that can be chosen, as one frozen value that travels as JSON."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  read at run time, by changed()
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_type_hints

from migrate.sandbox.partner.plans import DEFAULT_PLANS, PlanSpec
from migrate.sandbox.setting_types import fits


class UnknownSetting(ValueError):
    """A name that is no setting, or a value of another type."""


@dataclass(frozen=True)
class SandboxSettings:
    """How the local Heroku behaves. All durations are seconds."""

    app: str = "demo-app"
    email: str = "operator@example.com"
    token: str | None = None
    """The API token; None = a random one, found in SandboxAddress."""
    other_apps: tuple[str, ...] = ()
    """Further apps of the same account, without dynos."""
    twins: tuple[str, ...] = ()
    """Further apps that are deployed like the first one, each with an add-on and a ledger (ledgers.py) of its own."""
    formation: Mapping[str, int] = field(default_factory=dict)
    """Quantity by process type at the start; a type of the Procfile that is not named here gets 1."""

    broker: Literal["rabbitmq", "none"] = "rabbitmq"
    """"none" sells add-ons whose URL leads nowhere: starts in a second, for tests of the API alone."""
    rabbitmq_plugins: tuple[str, ...] = ("rabbitmq_management",)
    """Each plugin adds to the node's start: the two shovel plugins together about a quarter."""
    plans: tuple[PlanSpec, ...] = DEFAULT_PLANS
    seed_plan: str | None = "lemur"
    """The plan of the add-on that the app starts with; None = no add-on."""
    seed_attachment: str = "CLOUDAMQP"
    encoded_credentials: bool = False
    """Vhosts and passwords get characters that must be percent-encoded in a URL."""

    provisioning: Literal["sync", "async"] = "sync"
    """async also makes removals asynchronous (202 and `deprovisioning`)."""
    provision_seconds: float = 2.0
    provision_fails: bool = False
    deprovision_seconds: float = 1.0
    config_lag_seconds: float = 0.0
    """From `provisioned` to the release that sets the add-on's config vars."""
    supports_multiple_installations: bool = True
    """Whether an app may have a second add-on; where not, ordering one is refused."""
    in_place: Literal["by-kind", "always", "never"] = "by-kind"
    in_place_seconds: float = 0.0
    """How long the partner takes to answer a plan change."""
    in_place_releases: bool = True
    """Whether a plan change that leaves the URL as it was makes a release. Heroku does not document it."""
    in_place_drops_connections: bool = True
    """Whether the change of a dedicated plan closes the connections to it, as a restart of its nodes does."""
    configuring_seconds: float = 0.0
    """So long after it was made or changed an add-on takes no plan change."""

    release_phase_seconds: float = 0.0
    """An artificial release phase, also without `release:` in the Procfile; 0 = none."""
    release_phase_fails: bool = False
    release_phase_fails_for: str = ""
    """A glob as in `Attach CLOUDAMQP *`: the releases whose description it matches fail in their release phase."""
    failed_changes_survive: bool = True
    """Whether releases after a failed one carry its config change. Heroku does not document it."""
    unchanged_config_releases: bool = False
    """Whether a PATCH that changes no value makes a release. Heroku does not document it."""

    kill_after_seconds: float = 30.0
    """From SIGTERM to SIGKILL: https://devcenter.heroku.com/articles/dyno-shutdown-behavior"""
    boot_seconds: float = 0.2
    web_boot_limit_seconds: float = 60.0
    attach_limit_seconds: float = 60.0
    """How long an attached dyno waits for its client: https://devcenter.heroku.com/articles/error-codes"""
    crash_backoff_seconds: float = 1.0
    """Before the first restart of a crashed dyno; doubles with each further crash."""
    preboot: bool = False
    preboot_overlap_seconds: float = 180.0
    shutdown_seconds: float = 2.0
    """What dynos get between SIGTERM and SIGKILL when the sandbox itself goes down."""

    router_wait_seconds: float = 20.0
    router_limit_seconds: float = 30.0
    rate_limit: int = 4500
    rate_refill_per_minute: float = 75.0
    page_size: int = 200

    def to_json(self) -> dict[str, Any]:
        """Return the settings as values that json.dumps takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SandboxSettings:
        """Given what to_json returned (or a part of it), return the settings."""
        return cls().changed(document)

    def changed(self, changes: Mapping[str, Any]) -> SandboxSettings:
        """Given changes by name, return other settings; an unknown name raises UnknownSetting."""
        kinds = get_type_hints(type(self))
        if unknown := sorted(set(changes) - set(kinds)):
            raise UnknownSetting(f"no such setting: {', '.join(unknown)}")
        parsed = {name: _parsed(name, value) for name, value in changes.items()}
        if wrong := sorted(name for name, value in parsed.items() if not fits(value, kinds[name])):
            raise UnknownSetting(f"not a value of this setting: {', '.join(wrong)}")
        return replace(self, **parsed)


def _parsed(name: str, value: Any) -> Any:
    try:
        if name == "plans":
            return tuple(item if isinstance(item, PlanSpec) else PlanSpec(**item) for item in value)
    except TypeError as error:
        raise UnknownSetting(f"not a list of plans: {error}") from error
    return tuple(value) if isinstance(value, list) else value
