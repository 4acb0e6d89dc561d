"""A checkout is looked at by itself: its Procfile, and its settings as a process of its own imports them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migrate.advice.checkout import Checkout
from migrate.advice.row import Row, Verdict
from migrate.advice.rows import OF_APP, rows
from migrate.brokers.report import Unreadable, WorkerReport
from migrate.clients.app_settings import MARK, AppSettings, import_settings, told_by
from migrate.errors import UsageError

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

SAMPLES = Path(__file__).parents[2] / "samples"
CANARY = "canary-5d1e"
WORKER = "worker: celery -A shop worker -c 2 --without-gossip --without-mingle --without-heartbeat\n"
LIBRARIES = os.pathsep.join(path for path in sys.path if path)
"""So that an app that is made up finds Celery, whichever Python runs it."""


def checkout(tmp_path: Path, code: str, procfile: str = WORKER, **variables: str) -> Checkout:
    (tmp_path / "Procfile").write_text(procfile)
    (tmp_path / "shop.py").write_text(code)
    return Checkout(tmp_path, Path(sys.executable), {"PYTHONPATH": LIBRARIES, **variables})


def verdicts(practice: Practice) -> dict[str, Row]:
    return {row.code: row for row in rows(practice)}


def test_an_app_with_the_settings_of_this_project_has_nothing_to_change(tmp_path: Path) -> None:
    code = 'from celery import Celery\napp = Celery("shop")\napp.config_from_object("migrate.advice.settings")\n'
    found = verdicts(checkout(tmp_path, code).practice("cloudamqp:lemur"))

    assert set(found) == set(OF_APP)
    assert {code: row.found for code, row in found.items() if row.verdict is not Verdict.OK} == {}
    assert found["EAGER_SUPPORT"].found.startswith("the app turns eager by the variable")


def test_a_django_project_is_imported_with_the_variables_it_needs() -> None:
    sample = SAMPLES / "django_celery"
    without = verdicts(Checkout(sample, Path(sys.executable)).practice("cloudamqp:lemur"))
    found = verdicts(
        Checkout(sample, Path(sys.executable), {"SECRET_KEY": CANARY}).practice("cloudamqp:lemur"),
    )

    assert without["BROKER_POOL_LIMIT"].verdict is Verdict.UNKNOWN
    assert without["BROKER_POOL_LIMIT"].found == "not known: proj cannot be imported (KeyError: SECRET_KEY)"
    assert (found["BROKER_POOL_LIMIT"].verdict, found["BROKER_URL"].verdict) == (Verdict.OK, Verdict.OK)
    assert found["EAGER_SUPPORT"].verdict is Verdict.OK


def test_a_broker_that_stands_in_the_code_is_found_and_its_password_is_not_shown(tmp_path: Path) -> None:
    code = f'from celery import Celery\napp = Celery("shop", broker="amqps://wolf:{CANARY}@host.com/wolf")\n'
    practice = checkout(tmp_path, code).practice("cloudamqp:lemur")

    assert verdicts(practice)["BROKER_URL"].found == "host.com/wolf with the checkout, not broker.invalid/doctor"
    assert CANARY not in repr((practice, rows(practice)))


def test_an_app_that_sets_no_broker_is_warned_of_celerys_default(tmp_path: Path) -> None:
    code = 'from celery import Celery\napp = Celery("shop")\n'
    found = verdicts(checkout(tmp_path, code).practice("cloudamqp:lemur"))["BROKER_URL"]

    assert (found.verdict, found.found) == (Verdict.WARNING, "not set: Celery's default, guest on localhost")


def test_an_app_that_ignores_the_variable_is_told_so(tmp_path: Path) -> None:
    code = 'from celery import Celery\napp = Celery("shop")\n'

    assert verdicts(checkout(tmp_path, code).practice("cloudamqp:lemur"))["EAGER_SUPPORT"].verdict is Verdict.ADVICE
    moving = checkout(tmp_path, code).practice("cloudamqp:bunny-1", to_move=True)
    assert verdicts(moving)["EAGER_SUPPORT"].verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import shop_of_nobody", "shop cannot be imported (ModuleNotFoundError: shop_of_nobody)"),
        ('import os; os.environ["STRIPE_KEY"]', "shop cannot be imported (KeyError: STRIPE_KEY)"),
        (f'raise ValueError("{CANARY}")', "shop cannot be imported (ValueError)"),
        (
            f'import importlib; importlib.import_module("amqp://wolf:{CANARY}@h")',
            "shop cannot be imported (ModuleNotFoundError)",
        ),
        (f'raise KeyError("{CANARY}")', "shop cannot be imported (KeyError)"),
        ("import os; os._exit(3)", "importing shop ended without an answer"),
        (f'print("{MARK}[1]")\nimport os; os._exit(0)', "importing shop ended without an answer"),
        ("nothing = 1", "shop cannot be imported (AttributeError)"),
    ],
)
def test_an_app_that_cannot_be_imported_is_not_known_and_its_words_are_not_repeated(
    tmp_path: Path, code: str, reason: str
) -> None:
    practice = checkout(tmp_path, code).practice("cloudamqp:lemur")

    assert practice.workers == practice.software == Unreadable(reason)
    assert CANARY not in repr(practice)


def test_an_import_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("import time\ntime.sleep(60)\n")
    environ = {"PYTHONPATH": LIBRARIES}

    found = import_settings(Path(sys.executable), tmp_path, "shop", environ, seconds=0.5)

    assert isinstance(found, Unreadable)
    assert "took longer" in found.reason


def test_a_python_that_is_none_is_told(tmp_path: Path) -> None:
    found = import_settings(tmp_path / "python", tmp_path, "shop", {})

    assert isinstance(found, Unreadable)
    assert "cannot be run" in found.reason


def test_the_process_sees_nothing_of_the_operators_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEROKU_API_KEY", CANARY)
    seen = tmp_path / "seen"
    code = f'import os, celery\nopen({str(seen)!r}, "w").write(repr(dict(os.environ)))\napp = celery.Celery()\n'

    practice = checkout(tmp_path, code).practice("cloudamqp:lemur")

    assert isinstance(practice.workers, WorkerReport)
    assert CANARY not in seen.read_text()


def test_settings_with_secrets_leave_the_process_without_them(tmp_path: Path) -> None:
    code = (
        "from celery import Celery\napp = Celery()\n"
        f'app.conf.update(result_backend="redis://:{CANARY}@h/0", broker_pool_limit=3, SECRET="{CANARY}")\n'
    )
    (tmp_path / "shop.py").write_text(code)

    found = import_settings(Path(sys.executable), tmp_path, "shop", {"PYTHONPATH": LIBRARIES})

    assert isinstance(found, AppSettings)
    assert found.settings == {"result_backend": "redis", "broker_pool_limit": 3}


def test_what_the_app_prints_is_filtered_once_more() -> None:
    told = {"celery": "5.7.0", "kombu": "5.7.0", "settings": {"SECRET": CANARY, "broker_heartbeat": 0}}

    found = told_by(f"noise\n{MARK}{json.dumps(told)}", "shop")

    assert isinstance(found, AppSettings)
    assert (found.settings, found.software.celery) == ({"broker_heartbeat": 0}, (5, 7, 0))


def test_a_worker_without_a_named_app_is_not_known(tmp_path: Path) -> None:
    practice = checkout(tmp_path, "", "worker: bin/worker\n").practice("cloudamqp:lemur")

    assert practice.workers == Unreadable("no worker in the Procfile names its app with -A")
    assert practice.turns_eager is None


def test_a_directory_without_a_procfile_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        Checkout(tmp_path).practice("cloudamqp:lemur")
