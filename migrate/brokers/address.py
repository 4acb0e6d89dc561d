"""A broker's URL, taken apart at the door so that its password never travels as text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from migrate.errors import BrokerUrlInvalid
from migrate.secrets import Secret

if TYPE_CHECKING:
    from typing import Self

_DEFAULT_PORTS = {"amqp": 5672, "amqps": 5671}


class BrokerAddress(Struct, frozen=True):
    """Where a broker answers and who we are there; everything decoded, the password a Secret."""

    scheme: str
    host: str
    port: int
    user: str
    password: Secret
    vhost: str

    @classmethod
    def from_url(cls, url: str, variable: str) -> Self:
        """Given an ``amqp(s)://USER:PASSWORD@HOST[:PORT]/VHOST`` and the variable it came from, take it apart.

        An empty path means the default vhost ``/``, as py-amqp and kombu read it.
        Raises BrokerUrlInvalid, which names the variable and never the URL.
        """
        Secret(url)
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise BrokerUrlInvalid(variable) from None
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or not (parts.username and parts.password):
            raise BrokerUrlInvalid(variable)
        Secret(parts.password)
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or _DEFAULT_PORTS[parts.scheme],
            user=unquote(parts.username),
            password=Secret(unquote(parts.password)),
            vhost=unquote(parts.path[1:]) or "/",
        )

    @property
    def vhost_part(self) -> str:
        """The vhost as one part of a management API path: ``/`` becomes ``%2F``, encoded exactly once."""
        return quote(self.vhost, safe="")

    @property
    def label(self) -> str:
        """The address as people may see it: host and vhost, no user, no password."""
        return f"{self.host}/{self.vhost}"
