"""What holds for every unit test: no hurry, and no traces of another one."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from migrate import secrets

# Properties are tried for as long as the machine at hand takes: timing belongs to benchmarks.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _no_secret_masks_the_words_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    known = secrets._Known()
    known.add(frozenset(secrets._known._all))
    monkeypatch.setattr(secrets, "_known", known)
