"""Answers every request with what the dyno sees."""

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class Mirror(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        time.sleep(float(query.get("sleep", ["0"])[0]))
        length = int(self.headers.get("Content-Length", 0))
        body = {
            "environment": dict(os.environ),
            "directory": str(Path.cwd()),
            "method": self.command,
            "path": self.path,
            "body": self.rfile.read(length).decode(),
        }
        text = json.dumps(body).encode()
        self.send_response(int(query.get("status", ["200"])[0]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text[:1])
        self.wfile.flush()
        time.sleep(float(query.get("trickle", ["0"])[0]))
        self.wfile.write(text[1:])

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Print nothing."""


if os.environ.get("CRASH_WEB"):
    raise SystemExit(3)
ThreadingHTTPServer.request_queue_size = 64
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Mirror)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
