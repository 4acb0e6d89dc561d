from __future__ import annotations

from fakes.facts import healthy_facts

from migrate.preflight.finding import Severity
from migrate.preflight.preboot import preboot


def test_an_app_without_preboot_is_no_finding() -> None:
    assert preboot(healthy_facts()) is None


def test_preboot_is_warned_of_with_the_way_to_turn_it_off() -> None:
    found = preboot(healthy_facts(preboot=True))

    assert found is not None
    assert (found.code, found.severity) == ("PREBOOT", Severity.WARN)
    assert found.do.startswith("heroku features:disable preboot --app shop")
