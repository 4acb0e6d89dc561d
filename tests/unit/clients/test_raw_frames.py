"""Messages go into frames and come out of them byte for byte, whatever their size."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import amqp
import pytest
from amqp import spec

from migrate.clients.raw_frames import _AllThatIsThere, _raw_frames, publication

PROPERTIES = amqp.Message(b"", priority=3, application_headers={"id": "a", "rate": 0.5})._serialize_properties()


class Wire(_AllThatIsThere):
    """What reads from given pieces of bytes."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.connected = True
        self._quick_recv = lambda _most: self.pieces.pop(0) if self.pieces else b""


def delivered(frames: bytes, pieces: int = 1) -> list[Any]:
    """Return the messages that come out of frames, given in pieces of some bytes each."""
    size = len(frames) // pieces + 1
    wire = Wire(*(frames[begin : begin + size] for begin in range(0, len(frames), size)))
    found: list[Any] = []
    connection: Any = SimpleNamespace(bytes_recv=0)
    on_frame = _raw_frames(connection, lambda *arguments: found.append(arguments))
    while wire.has_frame or wire.pieces:
        on_frame(wire.read_frame())
    return found


def as_delivery(frames: list[bytes]) -> bytes:
    # What a broker sends differs from what a client sends in the method alone.
    method = b"\0\x3c\0\x3c"
    return frames[0][:7] + method + frames[0][11:] + b"".join(frames[1:])


@pytest.mark.parametrize("size", [0, 1, 4087, 4088, 4089, 20_000])
@pytest.mark.parametrize("pieces", [1, 3, 97])
def test_a_body_of_any_size_comes_out_as_it_went_in(size: int, pieces: int) -> None:
    body = bytes(number % 251 for number in range(size))
    frames = [*publication(1, "celery", PROPERTIES, body, frame_max=4096)]

    ((channel, method, _arguments, message),) = delivered(as_delivery(frames), pieces)

    assert all(len(frame) <= 4096 for frame in frames)
    assert (channel, method) == (1, spec.Basic.Deliver)
    assert (message.raw, message.body or b"") == (PROPERTIES, body)


def test_a_frame_without_its_end_is_no_frame() -> None:
    with pytest.raises(amqp.exceptions.UnexpectedFrame):
        Wire(b"\x08\0\0\0\0\0\0\x00").read_frame()


def test_a_connection_that_ends_within_a_frame_is_an_error() -> None:
    with pytest.raises(OSError, match="closed"):
        Wire(b"\x08\0\0").read_frame()
