"""Steady traffic for the demo: a mix of all kinds of canvases, until SIGTERM, Ctrl-C or a duration."""

from __future__ import annotations

import argparse
import http.client
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from migrate.clock import SystemClock
from migrate.sandbox.rehearsal.pace import paced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from migrate.clock import Clock

SHARES: Final = {
    "single": 40,
    "chain": 20,
    "group": 10,
    "chord": 8,
    "retry": 8,
    "spawn": 7,
    "countdown": 7,
}
"""How many of a hundred requests ask for each kind."""

AT_ONCE: Final = 64
"""Requests under way at the same time; in eager mode each takes as long as its tasks."""

ANSWER_SECONDS: Final = 35
PAUSE_SECONDS: Final = 0.5


class RefusedError(Exception):
    """A request was refused, reset or answered 5xx; the same request may be sent again."""


@dataclass(frozen=True)
class Outcome:
    """What became of one request."""

    accepted: bool
    attempts: int
    seconds: float
    """From the first attempt to the answer."""


class Traffic:
    """Sends requests at a steady rate, each again until it is accepted or all is told to stop."""

    def __init__(self, send: Callable[[str], None], chance: random.Random, clock: Clock) -> None:
        self.stopping = threading.Event()
        self._send = send
        self._chance = chance
        self._clock = clock

    def run(self, rate: float, duration: float | None = None) -> list[Outcome]:
        """Given requests per second, send until told to stop or the time is over; return the outcomes."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = [pool.submit(self.request, query) for query in self._queries(rate, duration)]
        return [outcome.result() for outcome in outcomes]

    def request(self, query: str) -> Outcome:
        """Given a query, have it accepted; the app draws new tasks with new ids at every attempt."""
        begin, attempts = self._clock.monotonic(), 0
        accepted = False
        while not accepted and not (attempts and self.stopping.wait(PAUSE_SECONDS)):
            attempts += 1
            accepted = self._attempt(query)
        return Outcome(accepted, attempts, self._clock.monotonic() - begin)

    def _attempt(self, query: str) -> bool:
        try:
            self._send(query)
        except (OSError, http.client.HTTPException, RefusedError):
            return False
        return True

    def _queries(self, rate: float, duration: float | None) -> Iterator[str]:
        for _ in paced(rate, self.stopping, self._clock, duration):
            kind = self._chance.choices(list(SHARES), weights=list(SHARES.values()))[0]
            yield urlencode({"kind": kind, "seed": self._chance.randrange(2**32)})


def sender(url: str) -> Callable[[str], None]:
    """Given the app's address, return a function that posts one query and raises if it was not accepted."""
    address = urlsplit(url)
    host, path = address.hostname or "", f"{address.path.rstrip('/')}/enqueue"

    def send(query: str) -> None:
        connection = http.client.HTTPConnection(host, address.port, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", f"{path}?{query}")
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status != HTTPStatus.ACCEPTED:
            raise RefusedError(answer.status)

    return send


def summary(outcomes: Sequence[Outcome]) -> str:
    """Given all outcomes, return them in one line."""
    seconds = sorted(outcome.seconds for outcome in outcomes if outcome.accepted)
    repeated = sum(outcome.accepted and outcome.attempts > 1 for outcome in outcomes)
    counts = f"traffic: {len(seconds)} accepted, {repeated} repeated, {len(outcomes) - len(seconds)} given up"
    return f"{counts}; the longest took {seconds[-1]:.1f} s with its repetitions" if seconds else counts


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Given the words of the command line, return them parsed."""
    parser = argparse.ArgumentParser(prog="python -m migrate.sandbox.demo.traffic", description=__doc__)
    parser.add_argument("--url", required=True, help="where the app answers, http://127.0.0.1:PORT")
    parser.add_argument("--rate", type=float, default=6.0, help="requests per second (default: 6)")
    parser.add_argument("--duration", type=float, help="seconds (default: until SIGTERM or Ctrl-C)")
    parser.add_argument("--seed", type=int, help="makes the mix repeatable")
    return parser.parse_args(words)


def main() -> None:
    """Send traffic until told to stop, finish the requests under way, print one line."""
    options = arguments()
    traffic = Traffic(sender(options.url), random.Random(options.seed), SystemClock())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: traffic.stopping.set())
    print(summary(traffic.run(options.rate, options.duration)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
