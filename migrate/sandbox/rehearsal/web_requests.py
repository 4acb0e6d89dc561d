"""Steady web requests to an app, each sent once, as its users would: until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import http.client
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from migrate.clock import SystemClock
from migrate.sandbox.rehearsal.pace import paced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

AT_ONCE: Final = 64
"""Requests under way at the same time; in eager mode each takes as long as its tasks."""
ANSWER_SECONDS: Final = 90
"""Longer than the router lets anybody wait."""


@dataclass(frozen=True)
class WebRequest:
    """A method and a path, with its query."""

    method: str
    path: str


class NoRequest(ValueError):
    """Words that name no request."""


def parse(text: str) -> WebRequest:
    """Given `POST /orders` or `/orders`, return the request; raises NoRequest."""
    words = text.split()
    method, path = words if len(words) == 2 else ("GET", text.strip())  # noqa: PLR2004
    if not path.startswith("/") or not method.isalpha() or " " in path:
        raise NoRequest(f"{text!r} is no method and path, as in 'POST /orders'")
    return WebRequest(method.upper(), path)


def send(url: str, request: WebRequest) -> str:
    """Given the app's address, send one request and return its status, or the name of what went wrong."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=ANSWER_SECONDS)
    try:
        connection.request(request.method, request.path)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return str(answer.status)


def summary(outcomes: Iterable[str]) -> str:
    """Given the outcome of each request, return them counted, in one line."""
    counts = sorted(Counter(outcomes).items())
    return f"traffic: {', '.join(f'{number} x {outcome}' for outcome, number in counts) or 'no request'}"


def main(words: Sequence[str] | None = None) -> None:
    """Send the requests in turn until told to stop, finish those under way, print one line."""
    parser = argparse.ArgumentParser(prog="python -m migrate.sandbox.rehearsal.web_requests", description=__doc__)
    parser.add_argument("--url", required=True, help="where the app answers, http://127.0.0.1:PORT")
    parser.add_argument("--rate", type=float, required=True, help="requests per second")
    parser.add_argument("requests", nargs="+", type=parse, help="'POST /orders', or a path for GET")
    options, stopping = parser.parse_args(words), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        turns = paced(options.rate, stopping, SystemClock())
        sent = [pool.submit(send, options.url, options.requests[n % len(options.requests)]) for n in turns]
    print(summary(item.result() for item in sent), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
