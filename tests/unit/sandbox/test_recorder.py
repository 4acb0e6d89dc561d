"""The recorder as a Python process of a dyno has it; what it records is tried with real workers elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery, chain, chord, group

from migrate.sandbox.dynos.environment import of_dyno
from migrate.sandbox.rehearsal import recorder
from migrate.sandbox.rehearsal.judgement import judge
from migrate.sandbox.rehearsal.recorder.celery_recorder import promised

if TYPE_CHECKING:
    from celery.canvas import Signature

EAGER = """
from celery import Celery
app = Celery("shop"); app.conf.task_always_eager = True
def work(): pass
app.task(work, name="shop.work").delay()
"""


def run(ledger: Path, program: str, **config: str) -> str:
    environment = of_dyno(ledger.parent, "run.1", None, config, added=recorder.environment(ledger))
    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def test_a_program_that_uses_celery_is_recorded(ledger: Path) -> None:
    run(ledger, EAGER)

    assert judge(ledger).inline == 1
    assert list(judge(ledger).names) == ["shop.work"]


def test_a_program_without_celery_is_left_alone(ledger: Path) -> None:
    asked = 'import sys; print({"json", "threading", "socket", "importlib.util"} & set(sys.modules) or "")'

    assert run(ledger, asked) == ""
    assert not ledger.exists()


def test_nothing_of_the_recorder_is_in_the_way_of_the_apps_own_modules(ledger: Path) -> None:
    own = str(Path(recorder.__file__).parent)

    assert own not in run(ledger, f"{EAGER}import sys; print(sys.path)")


def test_the_sitecustomize_that_was_there_before_runs_too(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.own = __file__")
    asked = f"{EAGER}import sitecustomize; assert sitecustomize.__file__ == own; print(own)"

    assert run(ledger, asked, PYTHONPATH=str(tmp_path)) == str(tmp_path / "sitecustomize.py")
    assert judge(ledger).inline == 1


def test_an_error_in_that_sitecustomize_is_told_as_ever(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import not_there")
    environments = [
        of_dyno(tmp_path, "run.1", None, {"PYTHONPATH": str(tmp_path)}, added=added)
        for added in ({}, recorder.environment(ledger))
    ]
    plain, recorded = (
        subprocess.run([sys.executable, "-c", ""], env=environment, capture_output=True, check=True).stderr
        for environment in environments
    )

    assert recorded == plain
    assert b"not_there" in plain


def test_the_apps_own_search_path_stays_behind_the_recorders(tmp_path: Path) -> None:
    added = {"PYTHONPATH": "/recorder", "TASK_LEDGER": "/ledger"}

    assert of_dyno(tmp_path, "web.1", None, {"PYTHONPATH": "lib"}, added=added)["PYTHONPATH"] == "/recorder:lib"
    assert of_dyno(tmp_path, "web.1", None, {}, added=added)["PYTHONPATH"] == "/recorder"
    assert "PYTHONPATH" not in of_dyno(tmp_path, "web.1", None, {})


@pytest.fixture(scope="module")
def step() -> Any:
    app = Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)

    @app.task  # type: ignore[untyped-decorator]  # Celery has no types
    def step() -> None:
        """Do nothing; nobody runs it."""

    return step


def carried(signature: Signature, task: str) -> dict[str, list[str]]:
    """Given a canvas, publish it nowhere, and return what the message of one of its tasks promises."""
    app, found = signature.app, {}

    def keep(_producer: Any, _name: str, message: Any, **_options: Any) -> None:
        headers, _, body, _ = message
        found[headers["id"]] = {item["id"]: item["after"] for item in promised(headers["id"], body[2])}

    app.amqp.send_task_message = keep
    signature.apply_async()
    return found[task]


def named(step: Any, task_id: str) -> Any:
    return step.si().set(task_id=task_id)


def test_a_message_promises_the_rest_of_its_chain_in_order(step: Any) -> None:
    canvas = chain(named(step, "a"), named(step, "b"), named(step, "c"))

    assert carried(canvas, "a") == {"b": ["a"], "c": ["b"]}


def test_a_group_within_a_chain_is_promised_side_by_side_and_what_follows_waits_for_all(step: Any) -> None:
    canvas = chain(named(step, "a"), group(named(step, "b"), named(step, "c")), named(step, "d"))

    assert carried(canvas, "a") == {"b": ["a"], "c": ["a"], "d": ["b", "c"]}


def test_each_message_of_a_chords_header_promises_the_body_and_what_follows_it(step: Any) -> None:
    canvas = chord([named(step, "a"), named(step, "b")], named(step, "c") | named(step, "d"))

    assert carried(canvas, "b") == {"c": ["b"], "d": ["c"]}


def test_a_chain_in_a_chords_header_promises_the_body_after_its_last_task(step: Any) -> None:
    canvas = chord([chain(named(step, "a"), named(step, "b")), named(step, "c")], named(step, "d"))

    assert carried(canvas, "a") == {"b": ["a"], "d": ["b"]}


def test_callbacks_with_an_id_are_promised_and_those_without_are_not(step: Any) -> None:
    canvas = named(step, "a")
    canvas.link(named(step, "b"))
    canvas.link(step.si())

    assert carried(canvas, "a") == {"b": ["a"]}
