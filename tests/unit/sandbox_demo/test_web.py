from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from demo_app import handing, web

if TYPE_CHECKING:
    from collections.abc import Iterator


class SlowHandler(web.Handler):
    """Takes a while, as inline tasks do."""

    def do_POST(self) -> None:  # noqa: N802  # http.server looks it up by this name
        time.sleep(0.3)
        self._answer(HTTPStatus.ACCEPTED, {})


@pytest.fixture
def slow() -> Iterator[web.Web]:
    server = web.PublishingWeb(("127.0.0.1", 0), SlowHandler)
    yield server
    server.server_close()


def ask(server: web.Web, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


def served(method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    """Ask a server that was told to stop before it began: it answers what has reached it."""
    stopping = threading.Event()
    server = web.PublishingWeb(("127.0.0.1", 0), web.Handler)
    with ThreadPoolExecutor(2) as pool:
        serving = pool.submit(server.serve_until, stopping)
        answer = pool.submit(ask, server, method, path, body).result()
        stopping.set()
        serving.result()
    return answer


def test_requests_at_hand_are_answered_after_sigterm(slow: web.Web) -> None:
    stopping = threading.Event()
    with ThreadPoolExecutor(21) as pool:
        serving = pool.submit(slow.serve_until, stopping)
        answers = [pool.submit(ask, slow, "POST", "/enqueue") for _ in range(20)]
        time.sleep(0.15)
        stopping.set()
        serving.result()

        assert [answer.result()[0] for answer in answers] == [202] * 20


def test_requests_that_waited_for_a_thread_are_answered_too(slow: web.Web) -> None:
    stopping = threading.Event()
    stopping.set()
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(ask, slow, "POST", "/enqueue") for _ in range(20)]
        time.sleep(0.2)
        slow.serve_until(stopping)

        assert [answer.result()[0] for answer in answers] == [202] * 20


def test_after_sigterm_new_requests_are_refused(slow: web.Web) -> None:
    stopping = threading.Event()
    stopping.set()
    slow.serve_until(stopping)

    with pytest.raises(ConnectionRefusedError):
        ask(slow, "POST", "/enqueue")


def test_health_says_how_the_process_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DYNO", "CLOUDAMQP_URL"):
        monkeypatch.delenv(name, raising=False)

    assert served("GET", "/health") == (200, {"dyno": "", "eager": False, "broker": False})


def test_a_canvas_is_accepted_with_its_ids() -> None:
    status, content = served("POST", "/enqueue?kind=chain&seed=1&seconds=0.01")

    assert status == 202
    assert 3 <= len(content["ids"]) <= 5
    assert all(task_id.startswith(content["canvas"]) for task_id in content["ids"])


def test_a_body_that_nobody_asked_for_does_no_harm() -> None:
    assert served("POST", "/enqueue?kind=single", body=b"x" * 100_000)[0] == 202


def test_a_refused_canvas_answers_503(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise handing.RefusedError("single-1 was not published: OperationalError")

    monkeypatch.setattr(web, "hand_over", refuse)

    assert served("POST", "/enqueue?kind=single") == (
        503,
        {"error": "single-1 was not published: OperationalError"},
    )


@pytest.mark.parametrize("query", ["", "?kind=waltz", "?kind=single&seed=x", "?kind=single&seconds=x"])
def test_a_query_that_makes_no_sense_answers_400(query: str) -> None:
    status, content = served("POST", f"/enqueue{query}")

    assert status == 400
    assert "single, chain, group" in content["error"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_paths_answer_404(method: str) -> None:
    assert served(method, "/nothing")[0] == 404
