from __future__ import annotations

from fakes.facts import ADD_ON, healthy_facts
from msgspec.structs import replace

from migrate.preflight.billed_here import billed_here
from migrate.preflight.finding import Severity


def test_an_add_on_that_this_app_pays_for_is_no_finding() -> None:
    assert billed_here(healthy_facts()) is None


def test_an_add_on_of_another_app_is_refused_and_its_owner_named() -> None:
    found = billed_here(healthy_facts(add_on=replace(ADD_ON, billed_to="billing")))

    assert found is not None
    assert (found.code, found.severity) == ("BILLED_ELSEWHERE", Severity.REFUSE)
    assert "billed to the app billing, not to shop" in found.what
    assert found.do == "migrate-plan --to cloudamqp:bunny-1 --app billing"
