"""The Platform API as one web application."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from aiohttp import web

from migrate.sandbox.platform import (
    account,
    add_ons,
    apps,
    attachments,
    builds,
    config_vars,
    control,
    dynos,
    features,
    formation,
    git,
    log_sessions,
    plans,
    pushes,
    rate_limit,
    releases,
    sources,
    teams,
    transport,
)
from migrate.sandbox.sandbox import SANDBOX
from migrate.sandbox.urls import URLS

if TYPE_CHECKING:
    from migrate.sandbox.sandbox import Sandbox
    from migrate.sandbox.urls import Urls

_RESOURCES = (
    account,
    add_ons,
    apps,
    attachments,
    builds,
    config_vars,
    control,
    dynos,
    features,
    formation,
    git,
    log_sessions,
    plans,
    pushes,
    releases,
    sources,
    teams,
)


def build(sandbox: Sandbox, urls: Urls) -> web.Application:
    """Given the sandbox and its addresses, return the application that serves its Platform API."""
    application = web.Application(middlewares=[transport.answer_errors, transport.check_request])
    application[SANDBOX] = sandbox
    application[URLS] = urls
    application[rate_limit.LIMITS] = defaultdict(rate_limit.RateLimit)
    for resource in _RESOURCES:
        application.add_routes(resource.routes)
    return application
