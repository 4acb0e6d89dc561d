"""A real proxy on loopback between the program and Heroku that does to requests what its faults say."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["reset", "refuse", "status", "html", "lose", "late-status", "truncate", "cut", "drip", "delay"]
_RESET = struct.pack("ii", 1, 0)
_HTML = b"<html><body>Sign in to this network</body></html>"
_OWN_HEADERS = {"connection", "content-length", "date", "server", "transfer-encoding", "host"}


@dataclass
class Fault:
    """Of the requests that match, ``skip`` go through, then ``count`` meet it, or all for so many ``seconds``.

    Not forwarded: "reset" (connection broken), "refuse" (and nobody listens for so many seconds), "status", "html".
    Forwarded, and then: "lose" (connection broken), "late-status" (an error instead of the reply), "truncate" (half
    the body, with a length that is right for it), "cut" (half the body, then the end), "drip" (a byte now and then),
    "delay" (the reply comes late).
    """

    kind: Kind
    method: str = ".*"
    path: str = ".*"
    skip: int = 0
    count: int = 1
    seconds: float = 0.0
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    """Before the late reply, or between two bytes."""
    met: int = 0
    """How many requests have met it."""
    _end: float = 0.0

    def takes(self, method: str, path: str) -> bool:
        """Given a request, say whether it meets this fault."""
        if not (re.fullmatch(self.method, method) and re.fullmatch(self.path, path)):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        now = time.monotonic()
        if self.met == 0:
            self._end = now + self.seconds
        if self.met >= self.count and now >= self._end:
            return False
        self.met += 1
        return True


@dataclass(frozen=True)
class Reply:
    """What comes back for a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class FaultyNetwork:
    """Leads to one server; a request meets the first of its ``faults`` that takes it."""

    def __init__(self, server_url: str) -> None:
        self.faults: list[Fault] = []
        self._lock = threading.Lock()
        self._upstream = urlsplit(server_url)
        self._closing = threading.Event()
        self._refuses = 0.0
        self._server = _Server(self, 0)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where the program finds the server."""
        return f"http://127.0.0.1:{self._port}"

    def fault(self, kind: Kind, method: str = ".*", path: str = ".*", **details: Any) -> Fault:
        """Add a fault."""
        fault = Fault(kind, method, path, **details)
        self.faults.append(fault)
        return fault

    def met_by(self, method: str, path: str) -> Fault | None:
        """Given a request, return the fault that it meets."""
        with self._lock:
            return next((fault for fault in self.faults if fault.takes(method, path)), None)

    def forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Given a request, return what the server replies."""
        connection = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=60)
        try:
            connection.request(method, path, body or None, _end_to_end(headers))
            reply = connection.getresponse()
            return Reply(reply.status, _end_to_end(dict(reply.getheaders())), reply.read())
        finally:
            connection.close()

    def refuse(self, seconds: float) -> None:
        """Let nobody listen for so many seconds."""
        self._refuses = seconds
        self._server.shutdown()
        self._server.server_close()

    def _serve(self) -> None:
        while True:
            with self._server:
                self._server.serve_forever(poll_interval=0.02)
            if self._closing.wait(self._refuses):
                return
            self._server = _Server(self, self._port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, network: FaultyNetwork, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.network = network


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        network, path = self.server.network, self.path.partition("?")[0]
        fault = network.met_by(self.command, path)
        if fault is not None and fault.kind in {"reset", "refuse"}:
            if fault.kind == "refuse":
                network.refuse(fault.seconds)
            self._reset()
        elif fault is not None and fault.kind in {"status", "html"}:
            self._send(_instead(fault))
        else:
            self._pass_back(network.forward(self.command, self.path, dict(self.headers), body), fault)

    def _pass_back(self, reply: Reply, fault: Fault | None) -> None:
        half = reply.body[: len(reply.body) // 2]
        match fault.kind if fault else "":
            case "lose":
                self._reset()
            case "late-status" if fault:
                self._send(_instead(fault))
            case "truncate":
                self._send(Reply(reply.status, reply.headers, half))
            case "cut":
                self._send(reply, body=half)
            case "drip" if fault:
                self._send(reply, body=b"")
                self._drip(reply.body, fault.pause)
            case "delay" if fault:
                time.sleep(fault.pause)
                self._send(reply)
            case _:
                self._send(reply)

    def _send(self, reply: Reply, body: bytes | None = None) -> None:
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self._write(reply.body if body is None else body)

    def _drip(self, body: bytes, pause: float) -> None:
        for byte in body:
            time.sleep(pause)
            if not self._write(bytes([byte])):
                return

    def _write(self, data: bytes) -> bool:
        try:
            self.wfile.write(data)
        except OSError:
            return False  # nobody reads any more, which is what a time limit is for
        return True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.rfile.close()
        self.connection.close()
        self.close_connection = True

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815  # the base class names them so

    def log_message(self, *_: Any) -> None:
        """Keep the output of the tests quiet."""


def _instead(fault: Fault) -> Reply:
    if fault.kind == "html":
        return Reply(200, {"Content-Type": "text/html"}, _HTML)
    return Reply(fault.status, fault.headers, b'{"id": "made_up", "message": "By the faulty network."}')


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OWN_HEADERS}
