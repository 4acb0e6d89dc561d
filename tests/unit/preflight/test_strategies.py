"""Which strategies are possible, and what keeps one from starting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.broker_reports import a_node, workers
from fakes.facts import WEB, WORKER, facts_with_broker, healthy_facts
from msgspec.structs import replace

from migrate.brokers.report import Software, Unreadable
from migrate.outlook import outlooks, recommended
from migrate.preflight.another_migration import another_migration
from migrate.preflight.in_place_likely import in_place_likely
from migrate.preflight.names_free import names_free
from migrate.preflight.strategy_possible import strategy_possible

if TYPE_CHECKING:
    from migrate.facts import Facts


def bridge(**changes: Any) -> Facts:
    return replace(healthy_facts(**changes), strategy="bridge")


def test_a_healthy_app_may_take_every_strategy_but_a_change_between_shared_and_dedicated() -> None:
    obstacles = {outlook.strategy: outlook.obstacle for outlook in outlooks(healthy_facts())}

    assert [strategy for strategy, obstacle in obstacles.items() if not obstacle] == [
        "documented",
        "side-by-side",
        "bridge",
    ]
    assert obstacles["in-place"] == "CloudAMQP does not change cloudamqp:lemur into cloudamqp:bunny-1 in place"


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
def test_where_an_app_may_have_one_add_on_of_the_service_two_brokers_are_refused(strategy: str) -> None:
    found = strategy_possible(healthy_facts(several_per_app=False, strategy=strategy))

    assert found is not None
    assert "one add-on at a time" in found.why
    assert found.do == "the same command with --strategy documented"


@pytest.mark.parametrize(
    "name", ["BROKER_URL", "CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"]
)
def test_a_bridge_is_refused_where_a_variable_would_win_over_its_own(name: str) -> None:
    found = strategy_possible(bridge(variables=frozenset({"CLOUDAMQP_URL", name})))

    assert found is not None
    assert found.why == f"{name} is set and would win over what it sets."


@pytest.mark.parametrize(
    "command", ["celery -A shop -b $RABBIT worker", "python -m celery --broker=$RABBIT -A shop worker"]
)
def test_a_bridge_is_refused_where_a_command_names_its_broker(command: str) -> None:
    found = strategy_possible(bridge(formation=(WEB, replace(WORKER, command=command))))

    assert found is not None
    assert found.why.startswith("The command of worker names a broker itself (-b)")


def test_an_option_of_the_same_name_of_another_program_is_no_obstacle() -> None:
    assert strategy_possible(bridge(formation=(replace(WEB, command="gunicorn -b 0.0.0.0 shop"), WORKER))) is None


@pytest.mark.parametrize(
    ("software", "why"),
    [
        ((Software((3, 1, 26), (3, 0, 37)),), "Celery 3.1.26 takes one broker only"),
        ((Software(None, None),), "no worker says"),
        ((), "no worker says"),
        (Unreadable("no AMQP connection"), "no AMQP connection"),
    ],
)
def test_a_bridge_needs_workers_that_are_known_to_take_two_brokers(software: Any, why: str) -> None:
    found = strategy_possible(replace(facts_with_broker(software=software), strategy="bridge"))

    assert found is not None
    assert why in found.why


def test_what_cloudamqp_is_not_known_to_do_in_place_is_asked_about_and_may_be_tried() -> None:
    found = in_place_likely(healthy_facts(strategy="in-place"))

    assert found is not None
    assert "does not change cloudamqp:lemur into cloudamqp:bunny-1" in found.why
    assert found.do.endswith("or to try: --accept IN_PLACE_UNLIKELY")
    assert strategy_possible(healthy_facts(strategy="in-place")) is None
    assert in_place_likely(healthy_facts(strategy="in-place", target="cloudamqp:tiger")) is None


@pytest.mark.parametrize("name", ["CLOUDAMQP_NEW", "CLOUDAMQP_OLD"])
def test_a_name_that_is_needed_for_a_while_must_be_free(name: str) -> None:
    facts = healthy_facts(variables=frozenset({"CLOUDAMQP_URL", f"{name}_URL"}))

    found = names_free(replace(facts, strategy="side-by-side"))

    assert found is not None
    assert found.what == f"The app has {name}_URL already."
    assert names_free(facts) is None, "strategy documented needs none"


def test_in_place_is_recommended_where_it_is_possible_then_what_has_a_way_back() -> None:
    assert recommended(healthy_facts(target="cloudamqp:tiger")) == "in-place"
    assert recommended(healthy_facts()) == "side-by-side"
    assert recommended(healthy_facts(several_per_app=False)) == "documented"


def test_a_bridge_is_recommended_where_workers_may_be_eager() -> None:
    assert recommended(facts_with_broker(workers=workers(a_node()))) == "bridge"


def test_the_releases_grow_with_the_names_of_the_add_on() -> None:
    one = {item.strategy: item.releases for item in outlooks(healthy_facts())}
    second = replace(healthy_facts().attachments[0], id="attachment-2", name="RABBIT")
    two = {
        item.strategy: item.releases
        for item in outlooks(healthy_facts(attachments=(*healthy_facts().attachments, second)))
    }

    assert one == {"documented": 5, "side-by-side": 9, "bridge": 9, "in-place": 1}
    assert two == {"documented": 7, "side-by-side": 11, "bridge": 11, "in-place": 1}


def test_only_strategies_with_eager_mode_have_seconds_in_it() -> None:
    eager = {item.strategy for item in outlooks(healthy_facts()) if item.eager_seconds is not None}

    assert eager == {"documented", "side-by-side"}


def test_an_add_on_of_another_name_gets_spare_names_like_its_own() -> None:
    facts = healthy_facts(attachments=(replace(healthy_facts().attachments[0], name="QUEUE"),))

    assert (facts.beside, facts.spare) == ("QUEUE_NEW", "QUEUE_OLD")


def test_one_more_deploy_after_each_change_of_variables_is_counted() -> None:
    plain = {item.strategy: item for item in outlooks(healthy_facts())}
    deployed = {item.strategy: item for item in outlooks(healthy_facts(deploy="slug"))}

    more = {strategy: deployed[strategy].releases - plain[strategy].releases for strategy in plain}
    assert more == {"documented": 2, "side-by-side": 2, "bridge": 2, "in-place": 0}
    assert (deployed["documented"].eager_seconds or 0) > (plain["documented"].eager_seconds or 0)
    assert deployed["bridge"].eager_seconds is None


@pytest.mark.parametrize(
    ("name", "asked"),
    [("cloudamqp-mig-7f3k2q", True), ("cloudamqp-mig-7f3k2q-2", True), ("cloudamqp-clean-12345", False)],
)
def test_an_add_on_beside_that_a_migration_has_added_is_asked_about(name: str, *, asked: bool) -> None:
    assert (another_migration(healthy_facts(other_add_ons=(name,))) is not None) == asked
