"""What is in a message's property bytes, without changing them."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_USER_ID: Final = 0x0010
# A quorum queue adds it to what it delivers again. https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling
_COUNTER: Final = "x-delivery-count"


def decoded(properties: bytes) -> dict[str, Any]:
    """Given property bytes, return the properties by their AMQP names, headers as ``application_headers``.

    Raises ValueError when they are not in AMQP's form.
    """
    from amqp.exceptions import FrameSyntaxError  # noqa: PLC0415 -- only where a message is looked into
    from amqp.serialization import decode_properties_basic  # noqa: PLC0415 -- as above

    try:
        found: dict[str, Any] = decode_properties_basic(properties, 0)[0]
    except (FrameSyntaxError, ArithmeticError, IndexError, OSError, ValueError, struct.error) as error:
        raise ValueError(f"properties that cannot be read ({type(error).__name__})") from None
    return found


def task_of(properties: bytes) -> tuple[str, str]:
    """Given property bytes, return the id and the name of the Celery task; empty where it has none.

    https://docs.celeryq.dev/en/stable/internals/protocol.html
    """
    try:
        found = decoded(properties)
    except ValueError:
        return "", ""
    headers: Mapping[str, Any] = found.get("application_headers") or {}
    identity = headers.get("id") or found.get("message_id") or found.get("correlation_id") or ""
    return str(identity), str(headers.get("task") or found.get("type") or "")


def fingerprint(properties: bytes, body: bytes) -> bytes | None:
    """Given a message, return what it has in common with its own second delivery and with no other message.

    None without a task id: two such messages may be equal and yet two.
    """
    if not task_of(properties)[0]:
        return None
    found = decoded(properties)
    headers = dict(found.pop("application_headers", None) or {})
    headers.pop(_COUNTER, None)
    found.pop("user_id", None)
    digest = hashlib.sha256()
    for part in (repr(sorted(found.items())), repr(sorted(headers.items(), key=lambda item: str(item[0])))):
        digest.update(part.encode())
    digest.update(body)
    return digest.digest()


def without_user(properties: bytes) -> bytes:
    """Given property bytes, return them without ``user_id``: a broker refuses another user than who publishes.

    https://www.rabbitmq.com/docs/validated-user-id
    """
    (flags,) = struct.unpack_from(">H", properties)
    if not flags & _USER_ID:
        return properties
    found = decoded(properties)
    behind = sum(1 + len(found[name].encode()) for name in ("app_id", "cluster_id") if name in found)
    end = len(properties) - behind
    begin = end - 1 - len(found["user_id"].encode())
    return struct.pack(">H", flags & ~_USER_ID) + properties[2:begin] + properties[end:]
