from __future__ import annotations

from fakes.facts import PLANS, healthy_facts

from migrate.preflight.finding import Severity
from migrate.preflight.plan_exists import near_plans, plan_exists


def test_a_plan_of_the_live_list_is_no_finding() -> None:
    assert plan_exists(healthy_facts()) is None


def test_a_legacy_name_is_refused_and_its_successors_are_named_with_their_prices() -> None:
    found = plan_exists(healthy_facts(target="cloudamqp:bunny"))

    assert found is not None
    assert (found.code, found.severity) == ("PLAN_UNKNOWN", Severity.REFUSE)
    assert "bunny-1 ($99/month), bunny-3 ($297/month)" in found.why
    assert "bunny is a legacy name" in found.why
    assert found.do == "migrate-plan --to bunny-1 --app shop"


def test_a_slip_of_the_finger_is_refused_with_what_was_meant() -> None:
    found = plan_exists(healthy_facts(target="cloudamqp:tigre"))

    assert found is not None
    assert "tiger ($19/month)" in found.why
    assert "legacy" not in found.why


def test_a_name_like_no_other_is_refused_without_a_guess() -> None:
    found = plan_exists(healthy_facts(target="cloudamqp:xyz"))

    assert found is not None
    assert "none is near" in found.why
    assert found.do == "migrate-plan --to PLAN --app shop"


def test_an_empty_live_list_refuses_every_plan() -> None:
    assert plan_exists(healthy_facts(plans=())) is not None


def test_each_near_plan_is_named_once_successors_first() -> None:
    slugs = [plan.slug for plan in near_plans("bunny", PLANS)]
    assert slugs[:2] == ["bunny-1", "bunny-3"]
    assert len(slugs) == len(set(slugs))
