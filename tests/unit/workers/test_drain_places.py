from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from fakes.migrations import a_migration

from migrate.platform import Dyno, ProcessType
from migrate.workers.drain_places import (
    Place,
    command_of,
    drain_dynos,
    mark_in,
    mark_of,
    places,
    runs_beat,
    without_eager,
)

if TYPE_CHECKING:
    from pathlib import Path

MARK = "mig-7f3k2q:worker.1:1"


def dyno(command: str, state: str = "up") -> Dyno:
    return Dyno("id", "run.1234", "run", state, 7, command)


def test_there_is_a_place_for_each_worker_dyno_and_none_where_the_workers_drain() -> None:
    migration = a_migration(drain_by="dynos", formation={"mails": 1, "worker": 2, "idle": 0})

    assert [place.name for place in places(migration)] == ["mails.1", "worker.1", "worker.2"]
    assert places(a_migration(formation={"worker": 2})) == ()


def test_a_dyno_is_found_by_its_mark() -> None:
    mark = mark_of(a_migration(), Place("worker", 1), 1)
    ours, others = dyno(command_of("celery -A shop worker", mark, None)), dyno("bash")

    assert mark_in(ours) == mark == MARK
    assert mark_in(others) == ""
    assert drain_dynos((ours, others), "mig-7f3k2q") == (ours,)
    assert drain_dynos((ours, others), "mig-7f3k2") == ()


@pytest.mark.parametrize(
    ("process", "command"),
    [
        ("celery -A shop worker -c 4", "celery -A shop worker -c 4"),
        ("celery -A shop worker -B --loglevel INFO", "celery -A shop worker --loglevel INFO"),
        ("celery --app shop worker --beat", "celery --app shop worker"),
        ("python -m celery -A shop worker", "python -m celery -A shop worker"),
        ("python3.12 -m celery -A shop worker", "python3.12 -m celery -A shop worker"),
        ("cd src && celery -A shop worker", "bash -c 'cd src && celery -A shop worker'"),
        ("newrelic-admin run-program celery worker", "bash -c 'newrelic-admin run-program celery worker'"),
        ("celery -A shop worker -n $DYNO", "bash -c 'celery -A shop worker -n $DYNO'"),
        ("celery -A shop worker -n 'a b'", """bash -c 'celery -A shop worker -n '"'"'a b'"'"''"""),
        ("exec celery -A shop worker", "bash -c 'exec celery -A shop worker'"),
        ("LANG=C celery -A shop worker", "bash -c 'LANG=C celery -A shop worker'"),
    ],
)
def test_what_the_shell_would_take_for_itself_runs_in_a_shell_of_its_own(process: str, command: str) -> None:
    assert command_of(process, MARK, None) == f"env -u CELERY_ALWAYS_EAGER MIGRATE_PLAN_DRAIN={MARK} {command}"


@pytest.mark.parametrize(
    "process",
    [
        "celery worker",
        "cd / && celery worker",
        "celery worker | cat",
        "A=1 celery worker",
        "exec celery worker",
        "(celery worker)",
        "celery worker $CELERY_ALWAYS_EAGER",
        """celery worker "it's here" 'a"b' """,
        "celery worker; celery worker",
        "for i in 1 2; do celery worker; done",
        'if [ -z "$CELERY_ALWAYS_EAGER" ]; then celery worker; else exit 3; fi',
        "celery worker $(printf '%s' \"$CELERY_ALWAYS_EAGER\")",
    ],
)
def test_the_variable_is_gone_in_the_whole_command_and_its_meaning_is_kept(tmp_path: Path, process: str) -> None:
    """A real shell, and a `celery` that prints what it was given and what it sees."""
    program = tmp_path / "celery"
    program.write_text(
        '#!/bin/sh\nfor word in "$@"; do printf "<%s>" "$word"; done\n'
        'printf "%s\\n" "${CELERY_ALWAYS_EAGER-gone} ${MIGRATE_PLAN_DRAIN-}"\n'
    )
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CELERY_ALWAYS_EAGER": "True"}
    plain = {**environment}
    del plain["CELERY_ALWAYS_EAGER"]

    def printed(command: str, variables: dict[str, str]) -> str:
        shell = ["/bin/sh", "-c", command]
        return subprocess.run(shell, check=False, env=variables, capture_output=True, text=True).stdout

    wrapped = printed(command_of(process, MARK, None), environment)

    assert wrapped == printed(process, plain).replace("gone \n", f"gone {MARK}\n")
    assert f"gone {MARK}" in wrapped


@pytest.mark.parametrize(
    ("before", "program"),
    [
        (None, "env -u CELERY_ALWAYS_EAGER"),
        ("True", "env -u CELERY_ALWAYS_EAGER"),
        ("yes please", "env -u CELERY_ALWAYS_EAGER"),
        ("False", "env CELERY_ALWAYS_EAGER=False"),
        ("0", "env CELERY_ALWAYS_EAGER=0"),
        ("", "env CELERY_ALWAYS_EAGER=''"),
    ],
)
def test_a_value_that_said_no_before_is_put_back_and_any_other_taken_away(before: str | None, program: str) -> None:
    assert without_eager(before) == program


@pytest.mark.parametrize(
    ("process", "beat"),
    [("celery worker -B", True), ("celery worker --beat -c 1", True), ("celery worker --beatless", False)],
)
def test_beat_inside_a_worker_is_seen(process: str, *, beat: bool) -> None:
    assert runs_beat(process) is beat


def test_a_process_type_has_its_size_under_the_old_name_or_the_new_one() -> None:
    body = {"type": "worker", "quantity": 1, "command": "celery worker"}

    assert ProcessType.parse({**body, "size": "Performance-M"}).size == "Performance-M"
    assert ProcessType.parse({**body, "dyno_size": {"name": "Private-S"}}).size == "Private-S"
