"""Attached one-off dynos, by a client that does what `heroku run` does."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox_client import Api

pytestmark = pytest.mark.contract


def start(api: Api, command: str, **wanted: object) -> dict[str, Any]:
    made: dict[str, Any] = api.post("+/dynos", {"command": command, "attach": True, **wanted})
    return made


@contextlib.contextmanager
def client(api: Api, url: str) -> Iterator[ssl.SSLSocket]:
    """Connect, say the secret, and read the greeting that clients throw away."""
    parts = urlsplit(url)
    trusted = ssl.create_default_context(cafile=str(api.address.directory / "ca.pem"))
    plain = socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=20)
    with trusted.wrap_socket(plain, server_hostname=parts.hostname) as connection:
        connection.sendall(f"{parts.path[1:]}\r\n".encode())
        connection.recv(4096)
        yield connection


def read(connection: ssl.SSLSocket, until: bytes = b"") -> bytes:
    """Read until a text has come, or to the end."""
    seen = b""
    while not (until and until in seen) and (chunk := connection.recv(4096)):
        seen += chunk
    return seen


def test_a_dyno_waits_for_its_client_and_passes_on_what_is_typed_and_printed(api: Api) -> None:
    made = start(api, "cat; echo end >&2", force_no_tty=True)
    assert made["attach_url"].startswith("rendezvous://127.0.0.1:")
    assert api.dynos()[made["name"]]["state"] == "starting"
    with client(api, made["attach_url"]) as connection:
        connection.sendall(b"now\n")
        assert read(connection, b"\n") == b"now\n"
        connection.sendall(b"\x04")
        assert read(connection) == b"end\n"
    api.wait(lambda: made["name"] not in api.dynos())


def test_a_dyno_has_a_terminal_of_the_clients_size_which_ctrl_c_reaches(api: Api) -> None:
    size = {"COLUMNS": 132, "LINES": "50", "TERM": "xterm"}
    made = start(api, "echo $TERM; stty size; exec sleep 300", env=size)
    with client(api, made["attach_url"]) as connection:
        assert read(connection, b"132\r\n") == b"xterm\r\n50 132\r\n"
        connection.sendall(b"\x03")
        assert b"^C" in read(connection), "what is typed is echoed, and the dyno ends by it"


@pytest.mark.parametrize("wanted", [{"force_no_tty": True}, {}])
def test_a_dyno_ends_when_its_client_goes_away(api: Api, wanted: dict[str, bool]) -> None:
    made = start(api, "echo here; sleep 300", **wanted)
    with client(api, made["attach_url"]) as connection:
        read(connection, b"here")
    api.wait(lambda: made["name"] not in api.dynos())


def test_much_output_arrives_whole_also_when_it_is_read_slowly(api: Api) -> None:
    made = start(api, "seq 200000", force_no_tty=True)
    with client(api, made["attach_url"]) as connection:
        assert read(connection) == "".join(f"{number}\n" for number in range(1, 200_001)).encode()


def test_a_dyno_without_a_client_gives_up_and_a_wrong_secret_reaches_nobody(api: Api) -> None:
    api.settings(attach_limit_seconds=0.3)
    made = start(api, "true")
    with client(api, made["attach_url"] + "x") as connection:
        assert connection.recv(1) == b""
    api.wait(lambda: made["name"] not in api.dynos())
    with client(api, made["attach_url"]) as connection:
        assert connection.recv(1) == b""
    assert '"code": "R13"' in (api.address.directory / "events.jsonl").read_text()
