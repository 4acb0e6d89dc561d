"""How many processes and threads web servers start."""

from __future__ import annotations

import pytest

from migrate.advice.process_commands import read_commands
from migrate.advice.web_commands import WebCommand, by_dyno_size
from migrate.brokers.report import Unreadable
from migrate.platform import ProcessType


def web(command: str, size: str = "Standard-2X", **variables: str) -> WebCommand:
    (found,) = read_commands([ProcessType("web", 1, command, size)], variables).webs
    return found


@pytest.mark.parametrize(
    ("command", "variables", "workers", "said_by"),
    [
        ("gunicorn shop.wsgi -w 3", {"WEB_CONCURRENCY": "9"}, 3, "-w"),
        ("gunicorn shop.wsgi --workers=$WEB_CONCURRENCY", {"WEB_CONCURRENCY": "3"}, 3, "-w"),
        ("gunicorn shop.wsgi --workers ${WEB_CONCURRENCY:-3}", {}, 3, "-w"),
        ("gunicorn shop.wsgi", {"GUNICORN_CMD_ARGS": "--workers=3 --threads 2"}, 3, "-w"),
        ("gunicorn shop.wsgi", {"WEB_CONCURRENCY": "3"}, 3, "WEB_CONCURRENCY"),
        ("WEB_CONCURRENCY=3 gunicorn shop.wsgi", {"WEB_CONCURRENCY": "9"}, 3, "WEB_CONCURRENCY"),
        ("env WEB_CONCURRENCY=3 gunicorn shop.wsgi", {}, 3, "WEB_CONCURRENCY"),
        ("gunicorn shop.wsgi", {}, 4, "Heroku's WEB_CONCURRENCY for Standard-2X"),
        ("newrelic-admin run-program gunicorn -b 0.0.0.0:$PORT -w3 shop.wsgi", {}, 3, "-w"),
        ("uvicorn shop:app --port $PORT", {"WEB_CONCURRENCY": "3"}, 3, "WEB_CONCURRENCY"),
        ("hypercorn shop:app", {"WEB_CONCURRENCY": "3"}, 1, "hypercorn's default"),
        ("daphne shop.asgi:application", {"WEB_CONCURRENCY": "3"}, 1, "daphne's default"),
        ("uwsgi --http-socket :$PORT --processes 3", {}, 3, "-p"),
    ],
)
def test_the_number_of_processes_is_found_where_the_server_finds_it(
    command: str, variables: dict[str, str], workers: int, said_by: str
) -> None:
    found = web(command, **variables)

    assert (found.workers, found.said_by) == (workers, said_by)


@pytest.mark.parametrize(
    ("command", "worker_class", "threads"),
    [
        ("gunicorn shop.wsgi", "sync", 1),
        ("gunicorn shop.wsgi --threads 4", "gthread", 4),
        ("gunicorn shop.wsgi -k gevent", "gevent", 1),
        ("gunicorn shop.wsgi -k uvicorn.workers.UvicornWorker", "uvicorn.workers.UvicornWorker", 1),
        ("waitress-serve shop:app", "", 4),
    ],
)
def test_threads_and_the_class_of_processes_are_read(command: str, worker_class: str, threads: int) -> None:
    found = web(command)

    assert (found.worker_class, found.threads) == (worker_class, threads)


@pytest.mark.parametrize(
    "command", ["gunicorn -c gunicorn.conf.py shop.wsgi", "uwsgi --ini uwsgi.ini", "gunicorn -w $N shop.wsgi"]
)
def test_what_a_file_or_a_strange_variable_may_say_is_unreadable(command: str) -> None:
    assert isinstance(web(command).workers, Unreadable)


@pytest.mark.parametrize("command", ["", "python app.py", "bin/start", "python manage.py runserver"])
def test_a_web_process_without_a_known_server_is_there_and_unknown(command: str) -> None:
    found = web(command)

    assert found.server == "unknown"
    assert isinstance(found.workers, Unreadable)
    assert isinstance(found.threads, Unreadable)


@pytest.mark.parametrize(
    ("size", "workers"),
    [("Eco", 2), ("Basic", 2), ("Standard-1X", 2), ("Standard-2X", 4), ("Performance-M", 5), ("Private-L-RAM", 9)],
)
def test_without_a_word_it_is_what_herokus_buildpack_sets(size: str, workers: int) -> None:
    assert by_dyno_size(size) == workers


def test_of_a_size_that_nobody_knows_it_is_unreadable() -> None:
    assert isinstance(by_dyno_size("Enormous-9X"), Unreadable)
