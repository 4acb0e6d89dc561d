"""A real HTTP server on loopback that answers what the test says, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; ``target`` is path and query, not decoded."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What the server sends back."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(document: object, status: int = 200) -> Answer:
    """Given any document, return an answer that holds it."""
    return Answer(json.dumps(document).encode(), status, {"Content-Type": "application/json"})


def as_html(text: str, status: int = 200) -> Answer:
    """Given a text, return what a proxy or a login page answers in the place of an API."""
    return Answer(f"<html><body>{text}</body></html>".encode(), status, {"Content-Type": "text/html"})


@dataclass(frozen=True)
class HttpServer:
    """Where the server is and what it was asked so far."""

    url: str
    asked: list[Asked]


@contextlib.contextmanager
def serving(answer: Callable[[Asked], Answer] | Answer) -> Iterator[HttpServer]:
    """Run a server that gives one answer to everything, or what a function makes of the request."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(Asked(self.command, self.path, dict(self.headers), body))
            reply = answer if isinstance(answer, Answer) else answer(asked[-1])
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = _answer  # noqa: N815  # the base class names them so

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield HttpServer(f"http://127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()
            thread.join()
