"""How every AMQP connection of ours is made, whichever library speaks on it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final

import certifi

from migrate.brokers.statistics import OURS

if TYPE_CHECKING:
    from migrate.brokers.address import BrokerAddress

CONNECT_SECONDS: Final = 10.0
CLIENT_PROPERTIES: Final = {"connection_name": OURS}


def tls(address: BrokerAddress) -> dict[str, Any] | bool:
    """Given a broker's address, return what py-amqp takes as ``ssl``: verified always, or False for amqp://."""
    if address.scheme != "amqps":
        return False
    return {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": certifi.where(), "server_hostname": address.host}


def reason(error: Exception) -> str:
    """Given what an AMQP library raised, return the server's own words where it said any."""
    return str(getattr(error, "reply_text", "") or type(error).__name__)
