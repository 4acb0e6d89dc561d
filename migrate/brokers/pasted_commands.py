"""Copies of a broker's address in the commands of process types: nobody can rewrite these but by a deploy."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec.structs import replace

from migrate.brokers.pasted_copies import Copy, copies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrate.brokers.address import BrokerAddress
    from migrate.platform import ProcessType

WHY = "it stands in the Procfile"


def copies_in_commands(formation: Iterable[ProcessType], address: BrokerAddress) -> tuple[Copy, ...]:
    """Given process types and a broker's address, return those whose commands hold a part of it, masked."""
    words = {address.user, address.password.reveal(), address.vhost} - {"/"}
    if _is_somebodys(address.host):
        words.add(address.host)
    found = {
        f"the command of {process.type}": process.command
        for process in formation
        if any(word in unquote(process.command) for word in words)
    }
    return tuple(replace(item, doubt=WHY) for item in copies(found, address))


def _is_somebodys(host: str) -> bool:
    """Whether a host's name says whose it is: 127.0.0.1 stands in many a command for another reason."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host
    return False
