from __future__ import annotations

import pytest
from fakes.facts import healthy_facts

from migrate.platform import Release
from migrate.preflight.finding import Severity
from migrate.preflight.releases_settled import releases_settled


def release(version: int, status: str, *, current: bool = False) -> Release:
    return Release(version, status, current, "Deploy 1a2b3c4")


def test_a_newest_release_that_succeeded_is_no_finding() -> None:
    releases = (release(8, "succeeded", current=True), release(7, "failed"))
    assert releases_settled(healthy_facts(releases=releases)) is None


@pytest.mark.parametrize("status", ["pending", "failed", "expired", "something new"])
def test_a_newest_release_that_did_not_succeed_is_refused(status: str) -> None:
    releases = (release(8, status), release(7, "succeeded", current=True))
    found = releases_settled(healthy_facts(releases=releases))

    assert found is not None
    assert (found.code, found.severity) == ("RELEASE_UNSETTLED", Severity.REFUSE)
    assert "v8" in found.what
    assert f"is {status}." in found.what


def test_a_release_that_still_runs_is_not_called_broken() -> None:
    found = releases_settled(healthy_facts(releases=(release(8, "pending"),)))

    assert found is not None
    assert "still running" in found.why


def test_an_app_that_was_never_deployed_is_refused() -> None:
    found = releases_settled(healthy_facts(releases=()))

    assert found is not None
    assert found.severity is Severity.REFUSE
