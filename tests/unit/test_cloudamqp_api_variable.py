"""Where CloudAMQP's API is, can be said by the environment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from migrate.cli.world import World
from migrate.clients.cloudamqp_instance import API


@pytest.mark.parametrize(("said", "place"), [("http://127.0.0.1:1", "http://127.0.0.1:1"), ("", API), (None, API)])
def test_a_migration_asks_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, said: str | None, place: str
) -> None:
    monkeypatch.delenv("MIGRATE_CLOUDAMQP_API", raising=False)
    if said is not None:
        monkeypatch.setenv("MIGRATE_CLOUDAMQP_API", said)
    nobody: Any = SimpleNamespace(
        clock=None, emit=None, interruption=SimpleNamespace(shield=None), people_stream=None, ask_before=None
    )

    runner = World("sqlite:///migrations.sqlite3", None, 60).runner(nobody, nobody, nobody)

    assert runner.instances.base_url == place
