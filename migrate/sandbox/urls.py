"""The addresses at which a sandbox can be reached."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Urls:
    """Roots without a trailing slash. `rabbitmq_api` is empty when there is no broker."""

    api: str
    router: str
    rabbitmq_api: str


URLS = web.AppKey("urls", Urls)
