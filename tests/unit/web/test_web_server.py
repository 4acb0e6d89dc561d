"""The server with real sockets: GET only, on loopback only, for whoever has the address; it ends at once."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from fakes.records import Record, in_drain

from migrate.commands import plain
from migrate.errors import WatchNotServed
from migrate.store.store import Store
from migrate.web import server as module
from migrate.web.board import Board
from migrate.web.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ID = "mig-7f3k2q"


class Served:
    """A server with a board that somebody looks at again and again."""

    def __init__(self, path: Path) -> None:
        self.store = Store(f"sqlite:///{path / 'store.sqlite3'}", FakeClock())
        self.store.create(a_migration())
        self.record = in_drain()
        self.record.write_to(self.store)
        self.board = Board(self.store, FakeClock(), plain, (ID,))
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[Served]:
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.02):
                self.board.look()

        looking = threading.Thread(target=look)
        looking.start()
        try:
            with serving(self.board) as self.url:
                yield self
        finally:
            over.set()
            looking.join()

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port
        return port

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def ask(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def stream(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(f"GET {self.path}events HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        return connection


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    before = set(threading.enumerate())
    with Served(tmp_path).running() as running:
        yield running
    assert set(threading.enumerate()) <= before


def read_until(connection: socket.socket, words: bytes) -> bytes:
    heard = b""
    while words not in heard:
        more = connection.recv(1 << 16)
        assert more, heard[-500:]
        heard += more
    return heard


def test_the_page_is_there_for_whoever_has_its_address(served: Served) -> None:
    answer = served.ask(served.path)

    assert answer.status == 200
    assert b"shop" in answer.body  # type: ignore[attr-defined]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_its_script_and_its_style_have_the_nonce_of_the_answer_and_each_answer_another(served: Served) -> None:
    nonces = set()
    for _ in range(2):
        answer = served.ask(served.path)
        nonce = answer.headers["Content-Security-Policy"].partition("'nonce-")[2].partition("'")[0]
        body = answer.body.decode()  # type: ignore[attr-defined]
        assert body.count("<script") == body.count(f'<script nonce="{nonce}">') == 1
        assert body.count("<style") == body.count(f'<style nonce="{nonce}">') == 1
        nonces.add(nonce)

    assert len(nonces) == 2


def test_the_token_is_in_no_answer(served: Served) -> None:
    token = served.path.strip("/")
    for path in (served.path, "/", f"{served.path}nothing"):
        answer = served.ask(path)
        assert token not in f"{answer.headers} {answer.body.decode()}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/", "/events", "/wrong/", "/favicon.ico"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_without_the_token_nothing_is_there_by_any_method(served: Served, path: str, method: str) -> None:
    answer = served.ask(path, method)

    assert (answer.status, answer.body) == (404, b"")  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_with_it_nothing_can_be_done_but_reading(served: Served, method: str) -> None:
    assert served.ask(served.path, method).status == 405


def test_another_host_is_answered_as_if_nothing_were_there(served: Served) -> None:
    assert served.ask(served.path, Host=f"evil.example:{served.port}").status == 404
    assert served.ask(served.path, Host=f"localhost:{served.port}").status == 200


def test_it_listens_on_loopback_alone(served: Served) -> None:
    assert served.url.startswith("http://127.0.0.1:")
    with socket.socket() as own:
        own.settimeout(2)
        # Loopback has many addresses: only the one is listened at.
        assert own.connect_ex(("127.0.0.2", served.port)) != 0


def test_a_stream_sends_everything_once_and_then_what_has_changed(served: Served) -> None:
    connection = served.stream()
    first = read_until(connection, b"event: beat")
    assert b"event: sections" in first

    Record(served.record.now, migration=ID).look({"celery": 17}).write_to(served.store)
    later = read_until(connection, b"17 messages left on the old broker")

    lines = [line for line in later.decode().splitlines() if line.startswith('data: {"verdict"')]
    assert "configuration" not in json.loads(lines[-1].removeprefix("data: "))
    connection.close()


def test_a_browser_that_goes_takes_nobody_with_it(served: Served) -> None:
    gone = served.stream()
    gone.close()
    other = served.stream()
    read_until(other, b"event: beat")
    read_until(other, b"event: beat")

    assert served.ask(served.path).status == 200
    other.close()


def test_browsers_that_read_or_say_nothing_keep_nobody_waiting_and_end_with_the_server(tmp_path: Path) -> None:
    served = Served(tmp_path)
    before = set(threading.enumerate())
    with served.running():
        silent = socket.create_connection(("127.0.0.1", served.port))
        deaf = [served.stream() for _ in range(5)]
        assert served.ask(served.path).status == 200
        began = time.monotonic()

    assert time.monotonic() - began < 5
    assert set(threading.enumerate()) <= before
    for connection in (silent, *deaf):
        connection.close()


def test_an_end_is_told_to_whoever_looks(tmp_path: Path) -> None:
    served = Served(tmp_path)
    with served.running():
        connection = served.stream()
        read_until(connection, b"event: beat")
        served.board.close()
        read_until(connection, b"event: end")
    connection.close()


def test_more_browsers_than_there_is_room_for_are_sent_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    kept = [served.stream() for _ in range(2)]
    for connection in kept:
        read_until(connection, b"event: beat")
    extra = served.stream()

    with suppress(ConnectionResetError):
        assert extra.recv(100) == b""
    for connection in (*kept, extra):
        connection.close()


def test_garbage_is_answered_without_a_word_of_it(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(b"\x16\x03\x01 <script>\r\n\r\n")
        answer = b""
        while more := connection.recv(4096):
            answer += more
    assert b"script>" not in answer


def test_a_port_that_is_taken_is_said(served: Served) -> None:
    with pytest.raises(WatchNotServed, match=f"Port {served.port}") as refused, serving(served.board, served.port):
        pass

    assert "in use" in refused.value.why
