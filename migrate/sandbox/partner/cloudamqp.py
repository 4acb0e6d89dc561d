"""The partner behind the add-on: an instance is a vhost with its own user and the plan's limits.

Shapes as CloudAMQP's shared plans have them: user and vhost are the same eight letters, the user is
tagged management and policymaker (https://github.com/bkjones/pyrabbit/issues/39).
"""

from __future__ import annotations

import asyncio
import random
import secrets
import string
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import aiohttp
from yarl import URL

from migrate.sandbox.partner.rabbitmq import BrokerFailed, Node
from migrate.sandbox.ports import LOOPBACK, free_port
from migrate.sandbox.world import Credentials

if TYPE_CHECKING:
    from migrate.sandbox.partner.plans import PlanSpec

SERVICE = "cloudamqp"
_HARD_TO_ENCODE = "/@:%+?# "


class Partner(Protocol):
    """What the platform asks of the one who runs the instances."""

    def credentials(self, *, encoded: bool) -> Credentials:
        """Return the credentials of a future instance; nothing exists yet."""

    async def provision(self, credentials: Credentials, plan: PlanSpec) -> None:
        """Make the instance."""

    async def change(self, credentials: Credentials, plan: PlanSpec) -> None:
        """Give a running instance the limits of another plan."""

    async def disconnect(self, credentials: Credentials) -> None:
        """Close all connections to a running instance, as a restart of its nodes does."""

    async def deprovision(self, credentials: Credentials) -> None:
        """Remove the instance with its messages; connections to it are closed."""


def new_credentials(port: int, *, encoded: bool) -> Credentials:
    """Given the broker's port, return credentials in CloudAMQP's shape, with that port in the URL."""
    user = "".join(random.choices(string.ascii_lowercase, k=8))
    vhost = f"{user}{_HARD_TO_ENCODE}x" if encoded else user
    password = secrets.token_urlsafe(24) + (_HARD_TO_ENCODE if encoded else "")
    netloc = f"{user}:{quote(password, safe='')}@{LOOPBACK}:{port}"
    return Credentials(user, password, vhost, f"amqp://{netloc}/{quote(vhost, safe='')}", str(uuid.uuid4()))


def at_another_host(credentials: Credentials) -> Credentials:
    """Given credentials, return the same ones with another name of this machine in the URL."""
    return replace(credentials, url=credentials.url.replace(f"@{LOOPBACK}:", "@localhost:"))


class NoBroker:
    """A partner whose instances lead to a port where nobody listens."""

    def __init__(self) -> None:
        self._port = free_port()

    def credentials(self, *, encoded: bool) -> Credentials:
        """Return the credentials of a future instance."""
        return new_credentials(self._port, encoded=encoded)

    async def provision(self, credentials: Credentials, plan: PlanSpec) -> None:
        """Do nothing."""

    async def change(self, credentials: Credentials, plan: PlanSpec) -> None:
        """Do nothing."""

    async def disconnect(self, credentials: Credentials) -> None:
        """Do nothing."""

    async def deprovision(self, credentials: Credentials) -> None:
        """Do nothing."""


class CloudAmqp:
    """Instances on the private node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def credentials(self, *, encoded: bool) -> Credentials:
        """Return the credentials of a future instance."""
        return new_credentials(self._node.amqp_port, encoded=encoded)

    async def provision(self, credentials: Credentials, plan: PlanSpec) -> None:
        """Make vhost, user, permissions and limits."""
        vhost, user = credentials.vhost, credentials.user
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        person = {"password": credentials.password, "tags": "management,policymaker"}
        await self._send("PUT", ["vhosts", vhost], {})
        await self._send("PUT", ["users", user], person)
        await self._send("PUT", ["permissions", vhost, user], everything)
        await self.change(credentials, plan)

    async def change(self, credentials: Credentials, plan: PlanSpec) -> None:
        """Set the plan's vhost limits; a plan without a limit lifts it."""
        limits = {"max-connections": plan.max_connections, "max-queues": plan.max_queues}
        for name, value in limits.items():
            await self._send(
                "PUT", ["vhost-limits", credentials.vhost, name], {"value": -1 if value is None else value}
            )

    async def disconnect(self, credentials: Credentials) -> None:
        """Close all connections of the user; a RabbitMQ that cannot do that for a whole user keeps them."""
        await self._send("DELETE", ["connections", "username", credentials.user])

    async def deprovision(self, credentials: Credentials) -> None:
        """Delete vhost and user."""
        await self._send("DELETE", ["vhosts", credentials.vhost])
        await self._send("DELETE", ["users", credentials.user])

    async def _send(self, method: str, path: list[str], body: dict[str, Any] | None = None) -> None:
        # %2F and the like must reach the server as they are: yarl would normalise them.
        url = URL(f"{self._node.api_url}/api/{'/'.join(quote(part, safe='') for part in path)}", encoded=True)
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(headers=self._node.admin_headers, timeout=timeout) as session:
            for attempt in range(5):
                async with session.request(method, url, json=body) as response:
                    if response.ok or (method == "DELETE" and response.status == 404):  # noqa: PLR2004
                        return
                    answer = await response.text()
                await asyncio.sleep(0.2 * attempt)
        raise BrokerFailed(f"RabbitMQ refused {method} {path[0]}: {answer[:200]}")
