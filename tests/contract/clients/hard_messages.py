"""Messages that other movers change: each as property bytes and body, named by what is hard about it."""

from __future__ import annotations

import gzip
import struct
from datetime import UTC, datetime
from typing import Any

import amqp


def _message(body: bytes = b"[[], {}, {}]", **properties: Any) -> tuple[bytes, bytes]:
    raw: bytes = amqp.Message(b"", **properties)._serialize_properties()
    return raw, body


def _with_table(*entries: bytes) -> bytes:
    table = b"".join(entries)
    return struct.pack(">HI", 0x2000, len(table)) + table


def _entry(name: str, kind: bytes, value: bytes) -> bytes:
    return struct.pack("B", len(name)) + name.encode() + kind + value


HARD = {
    "priority": _message(priority=7, application_headers={"id": "hard-priority"}),
    "a float header": _message(application_headers={"id": "hard-float", "rate": 0.1, "countdown": 1.5e300}),
    "nested tables and lists": _message(
        application_headers={"id": "hard-nested", "stamps": {"a": {"b": [1, [2, {"c": None}], "x"]}}}
    ),
    "times": _message(
        timestamp=1_700_000_000, application_headers={"id": "hard-times", "at": datetime(2030, 1, 2, tzinfo=UTC)}
    ),
    "an eta": _message(application_headers={"id": "hard-eta", "eta": "2031-01-02T03:04:05.678901+02:00"}),
    "an expiration": _message(expiration="86400000", application_headers={"id": "hard-expiration"}),
    "correlation and reply": _message(correlation_id="hard-correlation", reply_to="amq.gen-reply"),
    "not persistent": _message(delivery_mode=1, application_headers={"id": "hard-transient"}),
    "an empty body": _message(b"", application_headers={"id": "hard-empty"}),
    "compressed and binary": _message(
        gzip.compress(b"\x00\xff" * 500, mtime=0),
        content_type="application/x-python-serialize",
        content_encoding="binary",
        application_headers={"id": "hard-binary", "compression": "application/x-gzip"},
    ),
    "number types that no library keeps": (
        _with_table(
            _entry("id", b"S", struct.pack(">I", 9) + b"hard-kind"),
            _entry("short", b"s", struct.pack(">h", -2)),
            _entry("octet", b"b", struct.pack(">b", -3)),
            _entry("single", b"f", struct.pack(">f", 0.5)),
            _entry("bytes", b"x", struct.pack(">I", 2) + b"\x00\xff"),
            _entry("decimal", b"D", struct.pack(">Bi", 2, 314)),
            _entry("long", b"l", struct.pack(">q", 1 << 40)),
        ),
        b"{}",
    ),
    "no properties at all": (b"\0\0", b"plain"),
    "five megabytes": _message(bytes(range(256)) * 20000, application_headers={"id": "hard-large"}),
}
