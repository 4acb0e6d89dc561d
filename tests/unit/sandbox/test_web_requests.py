from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from migrate.cli.rehearse import _traffic
from migrate.clock import SystemClock
from migrate.errors import UsageError
from migrate.sandbox.ports import free_port
from migrate.sandbox.rehearsal.pace import paced
from migrate.sandbox.rehearsal.web_requests import NoRequest, WebRequest, parse, send, summary

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("POST /orders", WebRequest("POST", "/orders")),
        ("post /orders?kind=book", WebRequest("POST", "/orders?kind=book")),
        ("/orders", WebRequest("GET", "/orders")),
    ],
)
def test_a_request_is_a_method_and_a_path(text: str, request_: WebRequest) -> None:
    assert parse(text) == request_


@pytest.mark.parametrize("text", ["", "POST", "POST orders", "https://example.com/", "POST /orders twice", "P0ST /"])
def test_other_words_are_no_request(text: str) -> None:
    with pytest.raises(NoRequest, match="POST /orders"):
        parse(text)


class Teapot(BaseHTTPRequestHandler):
    def do_BREW(self) -> None:
        self.send_response(418 if self.path == "/pot?size=2" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        pass


@pytest.fixture
def teapot() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Teapot) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_request_is_sent_once_and_its_status_is_its_outcome(teapot: str) -> None:
    assert send(teapot, WebRequest("BREW", "/pot?size=2")) == "418"


def test_a_request_that_nobody_answers_has_the_errors_name_as_its_outcome() -> None:
    assert send(f"http://127.0.0.1:{free_port()}", WebRequest("GET", "/")) == "ConnectionRefusedError"


def test_outcomes_are_counted_in_one_line() -> None:
    assert summary(["202", "503", "202"]) == "traffic: 2 x 202, 1 x 503"
    assert summary([]) == "traffic: no request"


def test_a_pace_ends_with_its_duration_or_when_it_is_told_to() -> None:
    stopping = threading.Event()
    turns = paced(1000, stopping, SystemClock())

    assert list(paced(1000, stopping, SystemClock(), duration=0.0105)) == list(range(11))
    assert next(turns) == 0
    stopping.set()
    assert list(turns) == []


@pytest.mark.parametrize(("requests", "command"), [([], None), (["/orders"], "k6 run load.js")])
def test_a_rehearsal_wants_one_kind_of_traffic_and_shows_both(requests: list[str], command: str | None) -> None:
    with pytest.raises(UsageError) as raised:
        _traffic(requests, 1.0, command)

    assert "--request" in raised.value.next
    assert "--traffic" in raised.value.next


def test_a_request_that_is_none_is_refused_before_anything_starts() -> None:
    with pytest.raises(UsageError, match="no request"):
        _traffic(["POST orders"], 1.0, None)
