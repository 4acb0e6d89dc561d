from __future__ import annotations

from fakes.facts import DYNOS, healthy_facts

from migrate.platform import Dyno
from migrate.preflight.finding import Severity
from migrate.preflight.formation_up import formation_up


def test_dynos_that_run_are_no_finding() -> None:
    assert formation_up(healthy_facts()) is None


def test_crashed_dynos_of_the_formation_are_refused_by_name() -> None:
    crashed = (Dyno("d4", "worker.2", "worker", "crashed", 7), Dyno("d5", "web.3", "web", "crashed", 7))
    found = formation_up(healthy_facts(dynos=(*DYNOS, *crashed)))

    assert found is not None
    assert (found.code, found.severity) == ("DYNOS_DOWN", Severity.REFUSE)
    assert found.what == "Dynos are crashed: worker.2, web.3."


def test_a_crashed_one_off_dyno_is_no_finding() -> None:
    assert formation_up(healthy_facts(dynos=(*DYNOS, Dyno("d4", "run.12", "run", "crashed", 7)))) is None


def test_a_dyno_that_is_starting_is_no_finding() -> None:
    assert formation_up(healthy_facts(dynos=(Dyno("d1", "web.1", "web", "starting", 7),))) is None
