from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from urllib.parse import parse_qs

import pytest

from migrate.clock import SystemClock
from migrate.sandbox.demo import traffic
from migrate.sandbox.demo.traffic import Outcome, RefusedError, Traffic, sender, summary


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "PAUSE_SECONDS", 0.01)


class App:
    """Takes requests, some of them only after it has refused them, some of them slowly."""

    def __init__(self, refusals: int = 0, error: Exception | None = None, seconds: float = 0) -> None:
        self.queries: list[str] = []
        self.refusals = refusals
        self.error = error or RefusedError(503)
        self.seconds = seconds

    def __call__(self, query: str) -> None:
        self.queries.append(query)
        time.sleep(self.seconds)
        if self.refusals:
            self.refusals -= 1
            raise self.error


def driven(app: App, seed: int = 1) -> Traffic:
    return Traffic(app, random.Random(seed), SystemClock())


def test_as_many_requests_are_sent_as_rate_and_duration_say() -> None:
    app = App()

    outcomes = driven(app).run(rate=200, duration=0.25)

    assert len(app.queries) == len(outcomes) == 50
    assert all(outcome.accepted and outcome.attempts == 1 for outcome in outcomes)


def test_the_mix_has_every_kind_and_a_seed_repeats_it() -> None:
    first, second = App(), App()
    for app in (first, second):
        driven(app, seed=3).run(rate=4000, duration=0.1)

    kinds = Counter(parse_qs(query)["kind"][0] for query in first.queries)
    assert set(kinds) == set(traffic.SHARES)
    assert Counter(first.queries) == Counter(second.queries)


def test_slow_requests_do_not_stop_the_stream() -> None:
    begin = time.monotonic()

    outcomes = driven(App(seconds=0.5)).run(rate=100, duration=0.5)

    assert len(outcomes) == 50
    assert time.monotonic() - begin < 10, "one after the other they would take 25 s"


@pytest.mark.parametrize(
    "error", [RefusedError(503), ConnectionRefusedError(), ConnectionResetError(), TimeoutError()]
)
def test_a_refused_request_is_sent_again_until_it_is_accepted(error: Exception) -> None:
    app = App(refusals=2, error=error)

    assert driven(app).request("kind=single").attempts == 3
    assert len(app.queries) == 3


def test_when_told_to_stop_requests_under_way_are_finished_and_refused_ones_given_up() -> None:
    slow, refusing = driven(App(seconds=0.3)), driven(App(refusals=10**6))
    for generator in (slow, refusing):
        threading.Timer(0.15, generator.stopping.set).start()

    assert all(outcome.accepted for outcome in slow.run(rate=50))
    assert not any(outcome.accepted for outcome in refusing.run(rate=50))


def test_nobody_listening_counts_as_refused() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        send = sender(f"http://127.0.0.1:{probe.getsockname()[1]}")

        with pytest.raises(ConnectionRefusedError):
            send("kind=single")


def test_the_summary_is_one_line() -> None:
    outcomes = [Outcome(accepted=True, attempts=1, seconds=n / 100) for n in range(1, 101)]
    outcomes += [
        Outcome(accepted=True, attempts=3, seconds=5),
        Outcome(accepted=False, attempts=2, seconds=1),
    ]

    assert summary(outcomes) == (
        "traffic: 101 accepted, 1 repeated, 1 given up; the longest took 5.0 s with its repetitions"
    )
    assert summary([]) == "traffic: 0 accepted, 0 repeated, 0 given up"
