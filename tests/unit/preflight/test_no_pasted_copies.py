from __future__ import annotations

from fakes.facts import healthy_facts

from migrate.brokers.pasted_copies import Copy
from migrate.preflight.copies_follow import copies_follow
from migrate.preflight.finding import Severity
from migrate.preflight.no_pasted_copies import no_pasted_copies

CERTAIN = Copy("BROKER_URL", "amqp://wolf:***@stingray/wolf")
DOUBTFUL = Copy("NOTES", "its host in a longer text", "what stands around it is not understood")
ELSEWHERE = Copy("BROKER_URL", "amqp://wolf:***@stingray/wolf", app="billing")


def test_an_app_that_reads_the_add_ons_own_variable_is_no_finding() -> None:
    assert no_pasted_copies(healthy_facts()) is None
    assert copies_follow(healthy_facts()) is None


def test_variables_that_keep_a_copy_are_asked_about_with_what_they_hold_and_why() -> None:
    found = no_pasted_copies(healthy_facts(copies=(CERTAIN, DOUBTFUL)))

    assert found is not None
    assert (found.code, found.severity) == ("PASTED_COPIES", Severity.ASK)
    assert found.what.endswith(
        ": BROKER_URL (amqp://wolf:***@stingray/wolf: is to stay); "
        "NOTES (its host in a longer text: what stands around it is not understood)."
    )


def test_in_place_a_copy_is_cut_off_only_if_the_broker_moves() -> None:
    found = no_pasted_copies(healthy_facts(copies=(CERTAIN,), strategy="in-place"))

    assert found is not None
    assert found.why.endswith("if CloudAMQP moves the broker to another host.")


def test_a_copy_that_is_rewritten_is_shown_and_not_asked_about() -> None:
    facts = healthy_facts(copies=(CERTAIN,), rewritten=("BROKER_URL",))

    found = copies_follow(facts)

    assert no_pasted_copies(facts) is None
    assert found is not None
    assert (found.code, found.severity) == ("COPIES_FOLLOW", Severity.WARN)
    assert "BROKER_URL (amqp://wolf:***@stingray/wolf)" in found.what
    assert "--keep-copy BROKER_URL" in found.do


def test_one_that_has_come_into_doubt_since_it_was_decided_is_asked_about() -> None:
    facts = healthy_facts(copies=(DOUBTFUL,), rewritten=("NOTES",))

    assert no_pasted_copies(facts) is not None
    assert copies_follow(facts) is None


def test_a_copy_of_another_app_is_not_taken_for_one_of_the_same_name_here() -> None:
    facts = healthy_facts(copies=(CERTAIN, ELSEWHERE), rewritten=("BROKER_URL",))

    found = no_pasted_copies(facts)

    assert found is not None
    assert "BROKER_URL of billing" in found.what
    assert facts.followed_copies == (CERTAIN,)
