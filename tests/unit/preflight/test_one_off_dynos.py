from __future__ import annotations

from fakes.facts import DYNOS, healthy_facts

from migrate.platform import Dyno
from migrate.preflight.finding import Severity
from migrate.preflight.one_off_dynos import one_off_dynos


def test_dynos_of_the_formation_are_no_finding() -> None:
    assert one_off_dynos(healthy_facts()) is None


def test_one_off_and_scheduler_dynos_are_warned_of_by_name() -> None:
    others = (Dyno("d8", "run.4321", "run", "up", 7), Dyno("d9", "scheduler.77", "scheduler", "up", 6))
    found = one_off_dynos(healthy_facts(dynos=(*DYNOS, *others)))

    assert found is not None
    assert (found.code, found.severity) == ("ONE_OFF_DYNOS", Severity.WARN)
    assert found.what.endswith(": run.4321, scheduler.77.")
    assert found.do.startswith("heroku ps:stop -d run.4321 --app shop")
