"""Serves the board to browsers on this machine: GET only, loopback only, to whoever knows the address."""

from __future__ import annotations

import json
import secrets
import socket
import threading
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Final

from migrate.errors import WatchNotServed
from migrate.web.guard import Guard, headers, new_token
from migrate.web.views import changes, document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.web.board import Board
    from migrate.web.guard import Asked
    from migrate.web.views import View

_LOOPBACK: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 10.0
"""So long a browser may take to send its request, or to take an answer."""
_BEAT_SECONDS: Final = 3.0
"""So often a page hears that somebody is there."""
_MOST: Final = 64
"""So many connections at once; one more is closed."""
_NONCE_BYTES: Final = 16


@contextmanager
def serving(board: Board, port: int = 0) -> Iterator[str]:
    """Serve a board at a port, or at one that is free; yield its address, and leave no thread.

    Raises WatchNotServed with the system's reason.
    """
    try:
        server = _Server(board, port)
    except (OSError, OverflowError) as error:
        raise WatchNotServed(
            f"Port {port} cannot be listened at on {_LOOPBACK}.",
            why=f"{getattr(error, 'strerror', None) or error}.",
            next="another --port, or none for one that is free",
        ) from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="web")
    thread.start()
    try:
        yield server.guard.url
    finally:
        board.close()
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    """Threads are waited for at the end."""
    request_queue_size = 16

    def __init__(self, board: Board, port: int) -> None:
        self.board = board
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((_LOOPBACK, port), _Handler)
        self.guard = Guard(new_token(), self.server_address[1])

    def server_bind(self) -> None:
        # HTTPServer would look its own name up in the network.
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            is_room = len(self._open) < _MOST
            if is_room:
                self._open.add(request)
        if is_room:
            super().process_request(request, client_address)
        else:
            super().shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that has gone is no news, and its address holds the token."""

    def hang_up(self) -> None:
        """End every connection, so that nobody is waited for."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE_SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = self._admitted()
        if asked is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        elif asked.stream:
            self._stream(asked)
        else:
            self._page(asked)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return what answers to any other method."""
        if name.startswith("do_"):
            return self._refuse_method
        raise AttributeError(name)

    def version_string(self) -> str:
        return "migrate-plan"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Say nothing: a path holds the token."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 -- likewise
        # What http.server itself refuses, it would quote.
        self._refuse(HTTPStatus(code))

    def _admitted(self) -> Asked | None:
        return self.server.guard.admitted(self.headers.get("Host"), self.path)

    def _refuse_method(self) -> None:
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED if self._admitted() else HTTPStatus.NOT_FOUND)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self._begin(status, "text/plain; charset=utf-8", secrets.token_urlsafe(_NONCE_BYTES))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _begin(self, status: HTTPStatus, kind: str, nonce: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers(nonce), "Connection": "close"}.items():
            self.send_header(name, value)
        self.close_connection = True

    def _page(self, asked: Asked) -> None:
        with self.server.board.wanting(asked.key):
            found = self.server.board.newer(asked.key, -1, _PATIENCE_SECONDS)
        if found is None:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        body = document(found[1], nonce).encode()
        self._begin(HTTPStatus.OK, "text/html; charset=utf-8", nonce)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, asked: Asked) -> None:
        self._begin(HTTPStatus.OK, "text/event-stream", secrets.token_urlsafe(_NONCE_BYTES))
        self.end_headers()
        board, sent, number = self.server.board, dict[str, str](), -1
        with board.wanting(asked.key):
            while not board.is_over:
                found = board.newer(asked.key, number, _BEAT_SECONDS)
                if found is None:
                    self._tell("beat", {})
                    continue
                number, view = found
                if lacking := changes(sent, view):
                    sent |= lacking
                    self._tell("sections", lacking)
                self._tell("beat", _beat(view))
        self._tell("end", {})

    def _tell(self, event: str, data: dict[str, str]) -> None:
        # Held up by a browser for longer than its patience, this raises, and the browser has to come again.
        self.wfile.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())


def _beat(view: View) -> dict[str, str]:
    return {"at": f"{view.at:%H:%M:%S} UTC", "title": view.title, "trouble": view.trouble}
