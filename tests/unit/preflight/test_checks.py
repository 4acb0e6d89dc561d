"""The table of checks as a whole."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.broker_reports import a_queue, queues
from fakes.facts import facts_with_broker, healthy_facts

from migrate import preflight
from migrate.brokers.pasted_copies import Copy
from migrate.preflight import CHECKS, blocking, findings
from migrate.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.facts import Facts

MODULES = [
    importlib.import_module(f"migrate.preflight.{item.name}") for item in pkgutil.iter_modules(preflight.__path__)
]


def finding(severity: Severity, code: str = "CODE") -> Finding:
    return Finding(code, severity, "what", "why", "do")


def check_functions() -> Iterator[Callable[[Facts], Finding | None]]:
    for module in MODULES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not name.startswith("_")
            if own and function.__annotations__.get("return") == "Finding | None":
                yield function


def codes_in(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    makers = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Finding")
    return {str(ast.literal_eval(call.args[0])) for call in makers}


def test_every_check_in_the_folder_is_in_the_table_once() -> None:
    assert len(CHECKS) == len(set(CHECKS))
    assert set(check_functions()) == set(CHECKS)


def test_every_check_has_one_code_and_no_other_check_has_it() -> None:
    codes = [codes_in(Path(inspect.getfile(check))) for check in CHECKS]

    assert [len(each) for each in codes] == [1] * len(CHECKS)
    assert len(set.union(*codes)) == len(CHECKS)


def test_a_code_can_be_typed_after_accept() -> None:
    codes = {code for check in CHECKS for code in codes_in(Path(inspect.getfile(check)))}
    assert all(code == code.upper() and code.replace("_", "").isalpha() for code in codes)


def test_nothing_is_found_in_a_healthy_app() -> None:
    assert findings(healthy_facts()) == ()


def test_what_is_found_comes_in_the_order_of_the_table() -> None:
    facts = facts_with_broker(queues=queues(a_queue("mails", ready=1)))
    ill = healthy_facts(
        broker=facts.broker, target="cloudamqp:bunny", preboot=True, copies=(Copy("BROKER_URL", "a URL"),)
    )

    assert [item.code for item in findings(ill)] == ["PLAN_UNKNOWN", "NO_CONSUMER", "PASTED_COPIES", "PREBOOT"]


def test_a_refusal_blocks_even_when_its_code_was_accepted() -> None:
    refusal = finding(Severity.REFUSE)
    assert blocking([refusal], {"CODE"}) == (refusal,)


def test_a_question_blocks_until_its_code_is_accepted() -> None:
    question = finding(Severity.ASK)
    assert blocking([question], ()) == (question,)
    assert blocking([question], {"ANOTHER"}) == (question,)
    assert blocking([question], {"CODE"}) == ()


@pytest.mark.parametrize("accepted", [(), ("CODE",)])
def test_a_warning_never_blocks(accepted: tuple[str, ...]) -> None:
    assert blocking([finding(Severity.WARN)], accepted) == ()


def test_what_blocks_is_told_from_what_does_not() -> None:
    found = [finding(Severity.WARN, "A"), finding(Severity.ASK, "B"), finding(Severity.REFUSE, "C")]
    assert [item.code for item in blocking(found, {"A", "B"})] == ["C"]
