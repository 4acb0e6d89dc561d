"""The page's settings as an app imports them, read by Celery itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from celery import Celery

from migrate.advice.settings import NO_BROKER, OLD_NAMES, django_settings, eager_asked_for, recommended

PAGE = {
    "broker_pool_limit": 1,
    "broker_heartbeat": None,
    "broker_connection_timeout": 30,
    "result_backend": None,
    "worker_send_task_events": False,
    "event_queue_expires": 60,
}
URL = "amqps://user:canary@host/vhost"
READ = """
import json, os, sys
from celery import Celery
app = Celery("shop")
app.config_from_object("migrate.advice.settings")
print(json.dumps({name: app.conf[name] for name in sys.argv[1:]}))
"""


def configured(*names: str, **environ: str) -> dict[str, Any]:
    """What an app has that names the module, in a process of its own."""
    output = subprocess.run(
        [sys.executable, "-c", READ, *names],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CLOUDAMQP_URL": URL, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(output.stdout)
    return found


def test_an_app_that_names_the_module_has_what_the_page_recommends() -> None:
    found = configured(*PAGE, "broker_url", "task_always_eager")

    assert found == {**PAGE, "broker_url": URL, "task_always_eager": False}


def test_it_turns_eager_by_the_variable() -> None:
    assert configured("task_always_eager", CELERY_ALWAYS_EAGER="True") == {"task_always_eager": True}


@pytest.mark.parametrize("namespace", ["CELERY", "TASKS"])
def test_django_settings_are_read_by_celery_in_their_namespace(namespace: str) -> None:
    app = Celery("shop")
    app.config_from_object(django_settings({"CLOUDAMQP_URL": URL}, namespace=namespace), namespace=namespace)

    assert {name: app.conf[name] for name in PAGE} == PAGE
    assert app.conf.broker_url == URL


@pytest.mark.parametrize("word", ["True", "true", " TRUE ", "1", "yes", "Yes"])
def test_these_words_mean_yes(word: str) -> None:
    assert eager_asked_for(word)


@pytest.mark.parametrize("word", ["", "False", "false", "0", "no", "No"])
def test_these_words_mean_no(word: str) -> None:
    assert not eager_asked_for(word)


@pytest.mark.parametrize("word", ["on", "2", "tru", "None", "eager"])
def test_any_other_word_is_an_error_and_not_a_guess(word: str) -> None:
    with pytest.raises(ValueError, match="it may be True, 1, yes, False, 0 or no, or not be set"):
        recommended({"CELERY_ALWAYS_EAGER": word})


def test_the_broker_is_that_of_the_attachment() -> None:
    assert recommended({"RABBIT_URL": URL}, attachment="RABBIT")["broker_url"] == URL


def test_a_dyno_without_the_variable_boots_and_reaches_nobodys_broker() -> None:
    assert recommended({"DYNO": "web.1"})["broker_url"] == NO_BROKER
    assert "broker_url" not in recommended({}), "off Heroku Celery's own default holds"


def test_own_settings_win() -> None:
    assert recommended({}, broker_pool_limit=4, task_acks_late=True).items() >= {
        ("broker_pool_limit", 4),
        ("task_acks_late", True),
    }


@pytest.mark.parametrize(("old", "new"), OLD_NAMES.items())
def test_an_old_name_of_the_page_is_understood_and_explained(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old} has been {new} since Celery 4"):
        assert recommended({}, **{old: "as given"})[new] == "as given"


def test_every_new_name_is_one_that_celery_knows() -> None:
    known = Celery("shop").conf

    assert set(OLD_NAMES.values()) | (recommended({}).keys()) <= set(known.keys())


def test_a_setting_under_both_of_its_names_is_refused_before_celery_does() -> None:
    with pytest.raises(ValueError, match="broker_pool_limit is given twice: BROKER_POOL_LIMIT is an old name of it"):
        recommended({}, broker_pool_limit=2, BROKER_POOL_LIMIT=1)


def test_another_old_name_is_refused_with_what_has_the_new_one() -> None:
    with pytest.raises(
        ValueError, match="CELERYD_CONCURRENCY is no name of Celery's today; `celery upgrade settings"
    ):
        recommended({}, CELERYD_CONCURRENCY=4)
