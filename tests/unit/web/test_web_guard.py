"""Who may see the live page."""

from __future__ import annotations

import base64

import pytest

from migrate.web.guard import TOKEN_BYTES, Asked, Guard, headers, new_token

GUARD = Guard("a-token", 8123)
HERE = "127.0.0.1:8123"


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/a-token/", Asked("", stream=False)),
        ("/a-token/events", Asked("", stream=True)),
        ("/a-token/mig-7f3k2q/", Asked("mig-7f3k2q", stream=False)),
        ("/a-token/mig-7f3k2q/events", Asked("mig-7f3k2q", stream=True)),
    ],
)
@pytest.mark.parametrize("host", [HERE, "localhost:8123"])
def test_whoever_has_the_address_may(host: str, path: str, asked: Asked) -> None:
    assert GUARD.admitted(host, path) == asked


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "//", "/a-token", "/a-toke/", "/a-token2/", "/A-TOKEN/", "/other/", "/favicon.ico", "/?a-token/"),
        *(
            "/a-token/x",
            "/a-token/x/y",
            "/a-token/x/y/",
            "/a-token/../",
            "/a-token/events/x",
            "//a-token/",
            "a-token/",
        ),
        *("/a-token%2f", "/\udcff/", "/\u00e9/", "http://127.0.0.1:8123/a-token/"),
    ],
)
def test_whoever_has_not_learns_nothing(path: str) -> None:
    assert GUARD.admitted(HERE, path) is None


@pytest.mark.parametrize(
    "host", [None, "", "127.0.0.1", "127.0.0.1:80", "evil.example", "evil.example:8123", "localhost", "[::1]:8123"]
)
def test_a_name_of_somebody_else_that_leads_here_is_not_answered(host: str | None) -> None:
    assert GUARD.admitted(host, "/a-token/") is None


def test_a_token_has_256_bits_and_is_another_one_each_time() -> None:
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in tokens} == {32} == {TOKEN_BYTES}


def test_every_answer_forbids_what_the_page_does_not_need() -> None:
    told = headers("nonce")

    assert told["Cache-Control"] == "no-store"
    assert told["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in told["Content-Security-Policy"]
    assert "unsafe" not in told["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in told["Content-Security-Policy"]
