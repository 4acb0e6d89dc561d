from __future__ import annotations

from fakes.facts import healthy_facts

from migrate.preflight.finding import Severity
from migrate.preflight.no_pasted_copies import no_pasted_copies


def test_an_app_that_reads_the_add_ons_own_variable_is_no_finding() -> None:
    assert no_pasted_copies(healthy_facts()) is None


def test_variables_with_a_copy_are_asked_about_by_name() -> None:
    found = no_pasted_copies(healthy_facts(copies=("BROKER_URL", "FLOWER_BROKER")))

    assert found is not None
    assert (found.code, found.severity) == ("PASTED_COPIES", Severity.ASK)
    assert found.what.endswith(": BROKER_URL, FLOWER_BROKER.")
