from __future__ import annotations

import pytest

from migrate.sandbox.demo.settings import celery_settings, eager_asked_for

LEDGER = {"LEDGER_PATH": "/srv/demo/ledger.jsonl"}
CONFIG = LEDGER | {"CLOUDAMQP_URL": "amqp://u:p@broker.example/v"}


def test_the_settings_are_those_that_cloudamqp_recommends() -> None:
    settings = celery_settings(CONFIG)

    assert settings["broker_url"] == "amqp://u:p@broker.example/v"
    assert settings["broker_pool_limit"] == 1
    assert settings["broker_heartbeat"] is None
    assert settings["broker_connection_timeout"] == 30
    assert settings["worker_send_task_events"] is False
    assert settings["event_queue_expires"] == 60


@pytest.mark.parametrize("config", [{}, {"CLOUDAMQP_URL": ""}])
def test_without_a_broker_nobody_elses_broker_is_used(config: dict[str, str]) -> None:
    settings = celery_settings(LEDGER | config)

    assert settings["broker_url"] == "amqp://no-broker@127.0.0.1:1//"


def test_acknowledgement_stays_early_as_celery_has_it_by_default() -> None:
    assert "task_acks_late" not in celery_settings(CONFIG)


@pytest.mark.parametrize("value", ["True", "true", " TRUE ", "1", "yes"])
def test_words_for_true_make_the_app_eager(value: str) -> None:
    assert celery_settings(CONFIG | {"CELERY_ALWAYS_EAGER": value})["task_always_eager"] is True


@pytest.mark.parametrize("value", ["False", "false", "0", "no", ""])
def test_words_for_false_do_not(value: str) -> None:
    assert eager_asked_for(value) is False


def test_the_app_is_not_eager_by_itself() -> None:
    assert celery_settings(CONFIG)["task_always_eager"] is False


@pytest.mark.parametrize("value", ["on", "maybe", "2", "None"])
def test_any_other_word_is_an_error_and_not_a_guess(value: str) -> None:
    with pytest.raises(ValueError, match="use True or False"):
        eager_asked_for(value)


def test_results_are_kept_next_to_the_ledger() -> None:
    assert celery_settings(CONFIG)["result_backend"] == "db+sqlite:////srv/demo/results.sqlite"


def test_an_app_without_a_ledger_does_not_start() -> None:
    with pytest.raises(ValueError, match="LEDGER_PATH is not set"):
        celery_settings({})
