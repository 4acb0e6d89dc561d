"""The web process: `POST /enqueue?kind=chain` hands a canvas to Celery, `GET /health` answers at once."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ForkingMixIn, ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from migrate.sandbox.demo.canvases import KINDS, draw
from migrate.sandbox.demo.handing import RefusedError, hand_over
from migrate.sandbox.demo.tasks import app

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.sandbox.demo.canvases import Canvas

LOOK_FOR_STOP_SECONDS: Final = 0.2
SLOWEST_CLIENT_SECONDS: Final = 10


class Web(HTTPServer):
    """Closing it waits until every request at hand is answered."""

    request_queue_size = 128

    def serve_until(self, stopping: threading.Event) -> None:
        """Answer requests until told to stop, then those that had reached this process by then."""
        self.timeout = LOOK_FOR_STOP_SECONDS
        while not stopping.is_set():
            self.handle_request()
        for _ in range(self.request_queue_size):
            if not select.select([self.socket], [], [], 0)[0]:
                break
            self.handle_request()
        self.server_close()


class PublishingWeb(ThreadingMixIn, Web):
    """One thread a request: they share one connection to the broker."""

    daemon_threads = False


class InlineWeb(ForkingMixIn, Web):
    """One process a request, for eager mode: inline tasks in two threads disturb each other.

    Celery marks "inside a task" in a global of the process (`_task_join_will_block` in
    celery/_state.py). A thread that works on a chain or a chord while another thread is inside a
    task gets "Never call result.get() within a task!", and the rest of its canvas does not run.
    """

    max_children = 64

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer, in the process of this request, which leaves listening to its parent."""
        self.socket.close()
        super().finish_request(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """The two routes."""

    timeout = SLOWEST_CLIENT_SECONDS

    def do_GET(self) -> None:
        """Say that this process is up, and how it is configured."""
        if urlsplit(self.path).path != "/health":
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there are GET /health and POST /enqueue"})
            return
        self._answer(HTTPStatus.OK, health(os.environ))

    def do_POST(self) -> None:
        """Hand the canvas that the query asks for to Celery."""
        # An unread body would make the kernel reset the connection before the answer is read.
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        address = urlsplit(self.path)
        if address.path != "/enqueue":
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there are GET /health and POST /enqueue"})
            return
        self._answer(*enqueue({name: values[-1] for name, values in parse_qs(address.query).items()}))

    def _answer(self, status: HTTPStatus, content: Mapping[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
        """Write one line a request to stdout, as Heroku expects logs."""
        sys.stdout.write(f"{format % args}\n")
        sys.stdout.flush()


def enqueue(query: Mapping[str, str]) -> tuple[HTTPStatus, Mapping[str, Any]]:
    """Given a query (kind, and perhaps seed and seconds), hand a canvas over and return the answer."""
    try:
        canvas = asked_for(query)
    except (KeyError, ValueError):
        return HTTPStatus.BAD_REQUEST, {"error": f"kind is one of {', '.join(KINDS)}; seed and seconds are numbers"}
    try:
        hand_over(canvas)
    except RefusedError as error:
        return HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}
    return HTTPStatus.ACCEPTED, {"canvas": canvas.id, "ids": [entry.id for entry in canvas.entries]}


def asked_for(query: Mapping[str, str]) -> Canvas:
    """Given a query, return a new canvas; raise KeyError or ValueError if it makes no sense."""
    chance = random.Random(int(query["seed"])) if "seed" in query else random.Random()
    return draw(query["kind"], chance, float(query["seconds"]) if "seconds" in query else None)


def health(environ: Mapping[str, str]) -> dict[str, Any]:
    """Given the config vars, return what /health says."""
    return {
        "dyno": environ.get("DYNO", ""),
        "eager": bool(app.conf.task_always_eager),
        "broker": bool(environ.get("CLOUDAMQP_URL")),
    }


def main() -> None:
    """Serve on 127.0.0.1:$PORT until SIGTERM, which Heroku follows with SIGKILL after 30 s."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    _ = app.backend  # loads SQLAlchemy, half a second of work, once instead of in every process
    server = InlineWeb if app.conf.task_always_eager else PublishingWeb
    server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_until(stopping)


if __name__ == "__main__":
    main()
