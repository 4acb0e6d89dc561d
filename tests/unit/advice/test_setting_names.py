"""Only settings that advice is about leave a worker's answer, and no secret in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.advice.setting_names import NAMES, kept

CANARY = "canary-0f3c"
URL = f"amqps://wolf:{CANARY}@stingray.rmq.cloudamqp.com/wolf"


@pytest.mark.parametrize(
    "name", ["broker_pool_limit", "BROKER_POOL_LIMIT", "CELERY_BROKER_POOL_LIMIT", "TASKS_BROKER_POOL_LIMIT"]
)
def test_a_setting_is_known_under_whatever_name_the_app_gives_it(name: str) -> None:
    assert kept({name: 4}) == {"broker_pool_limit": 4}


def test_the_pages_old_names_are_known() -> None:
    assert kept({"CELERY_SEND_EVENTS": True, "CELERY_ALWAYS_EAGER": True}) == {
        "worker_send_task_events": True,
        "task_always_eager": True,
    }


def test_what_the_worker_has_made_of_a_setting_wins() -> None:
    assert kept({"CELERY_TASK_ALWAYS_EAGER": True, "task_always_eager": False}) == {"task_always_eager": False}


def test_of_a_broker_host_and_vhost_are_kept_and_of_a_result_backend_its_scheme() -> None:
    assert kept({"broker_url": URL, "result_backend": f"redis://:{CANARY}@host/0"}) == {
        "broker_url": "stingray.rmq.cloudamqp.com/wolf",
        "result_backend": "redis",
    }


def test_what_was_kept_is_kept_again() -> None:
    once = kept({"broker_url": URL, "result_backend": "rpc://", "broker_heartbeat": None, "task_acks_late": URL})

    assert kept(once) == once


@given(st.sampled_from([*NAMES, "SECRET_KEY", "CELERY_BROKER_USE_SSL"]), st.data())
def test_no_secret_is_kept(name: str, data: st.DataObject) -> None:
    value: Any = data.draw(
        st.sampled_from(
            [
                f"amqp://wolf:a/{CANARY}?b@h/v",
                f"amqp://wolf:a/{CANARY}#b@h",
                f"{CANARY} {URL}",
                f"{URL};{URL}",
                [URL],
                {"password": CANARY},
                f"db+{URL}",
                f"//{CANARY}@h",
                URL,
            ]
        )
    )
    assert CANARY not in repr(kept({name: value}))
