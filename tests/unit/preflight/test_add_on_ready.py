from __future__ import annotations

import pytest
from fakes.facts import ADD_ON, healthy_facts
from msgspec.structs import replace

from migrate.preflight.add_on_ready import add_on_ready
from migrate.preflight.finding import Severity


def test_a_provisioned_add_on_is_no_finding() -> None:
    assert add_on_ready(healthy_facts()) is None


@pytest.mark.parametrize("state", ["provisioning", "deprovisioning", "deprovisioned", "something new", ""])
def test_an_add_on_in_any_other_state_is_refused(state: str) -> None:
    found = add_on_ready(healthy_facts(add_on=replace(ADD_ON, state=state)))

    assert found is not None
    assert (found.code, found.severity) == ("ADD_ON_NOT_READY", Severity.REFUSE)
    assert f"is {state}." in found.what
