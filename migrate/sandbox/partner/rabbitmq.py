"""A private RabbitMQ node: own name, ports, directories, cookie and port mapper, loopback only.

Nothing is shared with a RabbitMQ that is already on the machine: another epmd port means another
Erlang name space. https://www.rabbitmq.com/docs/configure#supported-environment-variables
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from migrate.sandbox import registry
from migrate.sandbox.dynos import processes
from migrate.sandbox.dynos.streams import to_file
from migrate.sandbox.ports import LOOPBACK, free_port

_KNOWN_PLACES = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",  # Debian: the one in /usr/sbin switches users
    "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
    "/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
)
_START_SECONDS = 120.0
# Two schedulers that sleep instead of spinning: an idle node takes no processor time from the dynos.
_ERLANG_FLAGS = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"


class BrokerFailed(Exception):
    """The node could not be found, did not start, or refused a request."""


@dataclass
class Node:
    """Where the node listens and who administers it."""

    directory: Path
    plugins: tuple[str, ...]
    amqp_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    distribution_port: int = field(default_factory=free_port)
    epmd_port: int = field(default_factory=free_port)
    name: str = field(default_factory=lambda: f"sandbox-{secrets.token_hex(4)}@localhost")
    admin: str = "sandbox-admin"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    _trees: list[processes.ProcessTree] = field(default_factory=list, init=False)

    @property
    def api_url(self) -> str:
        """The root of the management HTTP API."""
        return f"http://{LOOPBACK}:{self.api_port}"

    @property
    def admin_headers(self) -> dict[str, str]:
        """The administrator, for requests to the API."""
        encoded = base64.b64encode(f"{self.admin}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {encoded}"}

    async def start(self) -> None:
        """Start the port mapper and the node; return when AMQP and HTTP both answer."""
        server = find_server()
        self._write_files()
        await self._run("epmd", f"exec {_epmd()} -port {self.epmd_port} -address {LOOPBACK}")
        tree = await self._run("rabbitmq", f"exec '{server}'")
        async with aiohttp.ClientSession(headers=self.admin_headers) as session, asyncio.timeout(_START_SECONDS):
            while not await self._answers(session):
                if tree.exit_code is not None:
                    raise BrokerFailed(f"RabbitMQ ended at once: {self._last_words()}")
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """End node and port mapper without a farewell: their directory goes with them."""
        await asyncio.to_thread(registry.sweep, self.directory)
        for tree in self._trees:
            await tree.wait()

    async def _run(self, name: str, command: str) -> processes.ProcessTree:
        launch = processes.Launch(name, command, self.directory, self.directory, self._environment())
        log = to_file(self.directory / f"{name}.log")
        tree = await processes.start(self.directory.parent, launch, log)
        self._trees.append(tree)
        return tree

    def _write_files(self) -> None:
        self.directory.mkdir(parents=True)
        settings = {
            "listeners.tcp.1": f"{LOOPBACK}:{self.amqp_port}",
            "management.tcp.ip": LOOPBACK,
            "management.tcp.port": self.api_port,
            "default_user": self.admin,
            "default_pass": self.password,
            "disk_free_limit.absolute": "50MB",
            "log.console.level": "warning",
        }
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.directory / "rabbitmq.conf").write_text(lines)
        (self.directory / "advanced.config").write_text("[].\n")
        (self.directory / "enabled_plugins").write_text(f"[{','.join(self.plugins)}].\n")

    def _environment(self) -> dict[str, str]:
        place = self.directory
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(place),
            "TMPDIR": str(place),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(place / "mnesia"),
            "RABBITMQ_LOG_BASE": str(place / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(place / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(place / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(place / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(place / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG_FLAGS,
        }

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.api_url}/api/overview") as response:
                document: dict[str, Any] = await response.json() if response.ok else {}
            _, writer = await asyncio.open_connection(LOOPBACK, self.amqp_port)
        except (OSError, aiohttp.ClientError):
            return False
        writer.close()
        return "rabbitmq_version" in document

    def _last_words(self) -> str:
        lines = (self.directory / "rabbitmq.log").read_text(errors="replace").split("\n")
        return " / ".join([line.strip() for line in lines if line.strip()][-5:])


def find_server() -> str:
    """Return the path of rabbitmq-server; `RABBITMQ_SERVER` in the environment wins."""
    chosen = os.environ.get("RABBITMQ_SERVER")
    places = (chosen,) if chosen else (*_KNOWN_PLACES, shutil.which("rabbitmq-server"))
    for place in places:
        if place and Path(place).is_file():
            return place
    raise BrokerFailed(
        f"no RabbitMQ found{f' at RABBITMQ_SERVER={chosen}' if chosen else ''}: install it "
        "(Debian, Ubuntu: apt-get install rabbitmq-server; macOS: brew install rabbitmq) "
        "or set RABBITMQ_SERVER to the path of rabbitmq-server"
    )


def _epmd() -> str:
    place = shutil.which("epmd") or "/usr/lib/erlang/bin/epmd"
    if not Path(place).is_file():
        raise BrokerFailed("Erlang's port mapper epmd is not on PATH: install erlang (Debian: erlang-base)")
    return place
