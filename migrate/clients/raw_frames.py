"""Messages over py-amqp as they are on the wire: the property bytes are kept and sent again undecoded.

Decoding and encoding anew changes messages: number types, an empty body's encoding, whatever a library does not
know. Measured: docs/carry.md. Besides, py-amqp asks the kernel for each part of each frame; here a read takes what
is there, and a write takes many messages.
"""

from __future__ import annotations

from collections import defaultdict
from struct import pack, unpack_from
from typing import TYPE_CHECKING, Any, Final

import amqp
from amqp import spec
from amqp.exceptions import UnexpectedFrame
from amqp.transport import SSLTransport, TCPTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_METHOD, _HEADER, _BODY, _HEARTBEAT = 1, 2, 3, 8
_WITH_CONTENT: Final = frozenset([spec.Basic.Deliver, spec.Basic.GetOk, spec.Basic.Return])
_AT_ONCE: Final = 262144
_FRAME_END: Final = 0xCE
_MANDATORY: Final = 1


class RawMessage(amqp.Message):
    """A message whose properties stay the bytes that came."""

    raw: bytes = b"\0\0"

    def _load_properties(self, class_id: int, buf: bytes, offset: int) -> int:  # noqa: ARG002 -- py-amqp's signature
        self.raw = bytes(buf[offset:])
        return len(buf)


class _AllThatIsThere:
    """Reads frames from whatever one call to the kernel returns."""

    _quick_recv: Callable[[int], bytes]
    connected: bool
    _chunk = b""
    _at = 0

    @property
    def has_frame(self) -> bool:
        """Whether a whole frame is here already."""
        here = len(self._chunk) - self._at
        return here >= 8 and here >= unpack_from(">xxxI", self._chunk, self._at)[0] + 8  # noqa: PLR2004 -- a frame's own bytes

    def read_frame(self, unpack: object = None) -> tuple[int, int, bytes]:  # noqa: ARG002 -- py-amqp's signature
        """Return type, channel and payload of the next frame."""
        while not self.has_frame:
            self._chunk, self._at = self._chunk[self._at :] + self._receive(), 0
        kind, channel, size = unpack_from(">BHI", self._chunk, self._at)
        begin, end = self._at + 7, self._at + 7 + size
        if self._chunk[end] != _FRAME_END:
            raise UnexpectedFrame("a frame without its end")
        self._at = end + 1
        return kind, channel, self._chunk[begin:end]

    def _receive(self) -> bytes:
        received = self._quick_recv(_AT_ONCE)
        if not received:
            self.connected = False
            raise OSError("the server closed the connection")
        return received


class _Plain(_AllThatIsThere, TCPTransport):
    pass


class _Encrypted(_AllThatIsThere, SSLTransport):
    pass


class RawConnection(amqp.Connection):
    """A connection on which deliveries and returns are RawMessages."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__(frame_handler=_raw_frames, **parameters)

    def Transport(self, host: str, connect_timeout: float, ssl: Any = False, *timeouts: Any, **more: Any) -> Any:  # noqa: N802, FBT002 -- py-amqp's name and signature
        """Return what carries the frames."""
        read, write = timeouts
        kind = _Encrypted if ssl else _Plain
        return kind(host, connect_timeout=connect_timeout, ssl=ssl, read_timeout=read, write_timeout=write, **more)

    def drain_all(self, seconds: float) -> None:
        """Wait so long at most for something to come, and handle all that is here; raises TimeoutError on silence."""
        self.drain_events(timeout=seconds)
        while self.channels is not None and self.transport.has_frame:
            self.on_inbound_frame(self.transport.read_frame())


def _raw_frames(connection: RawConnection, callback: Callable[..., None]) -> Callable[..., bool]:
    """Return what handles a frame, as amqp.method_framing.frame_handler does, with RawMessages."""
    expected: dict[int, int] = defaultdict(lambda: _METHOD)
    partial: dict[int, RawMessage] = {}

    def on_frame(frame: tuple[int, int, bytes]) -> bool:
        kind, channel, payload = frame
        connection.bytes_recv += 1
        if kind == _HEARTBEAT:
            return False
        if kind != expected[channel]:
            raise UnexpectedFrame(f"a frame of type {kind} where one of type {expected[channel]} belongs")
        if kind == _METHOD:
            method = unpack_from(">HH", payload)
            if method in _WITH_CONTENT:
                partial[channel] = RawMessage(frame_method=method, frame_args=payload)
                expected[channel] = _HEADER
                return False
            callback(channel, method, payload, None)
            return True
        message = partial[channel]
        message.inbound_header(payload) if kind == _HEADER else message.inbound_body(payload)
        if not message.ready:
            expected[channel] = _BODY
            return False
        expected[channel] = _METHOD
        del partial[channel]
        callback(channel, message.frame_method, message.frame_args, message)
        return True

    return on_frame


def publication(channel: int, queue: str, properties: bytes, body: bytes, frame_max: int) -> Iterator[bytes]:
    """Return the frames that publish a message to a queue by the default exchange, mandatory.

    A body longer than a frame may be (``frame_max`` bytes with a frame's own 8) goes in several.
    https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 4.2.6
    """
    key = queue.encode()
    arguments = pack(f">HHHBB{len(key)}sB", *spec.Basic.Publish, 0, 0, len(key), key, _MANDATORY)
    yield _frame(_METHOD, channel, arguments)
    yield _frame(_HEADER, channel, pack(">HHQ", spec.Basic.CLASS_ID, 0, len(body)) + properties)
    room = frame_max - 8
    for begin in range(0, len(body), room):
        yield _frame(_BODY, channel, body[begin : begin + room])


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return b"%b%b\xce" % (pack(">BHI", kind, channel, len(payload)), payload)
