"""`migrate-plan doctor`: exit statuses, the words for people, the event for programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from fakes.practice import healthy_practice
from typer.testing import CliRunner

from migrate.advice.row import Row, Verdict
from migrate.advice.rows import rows
from migrate.advice.summary import refuse, tally, unknown
from migrate.cli.app import app
from migrate.errors import NotAsAdvised
from migrate.events import Advised
from migrate.listeners.doctor_text import lines

SAMPLE = Path(__file__).parents[1] / "samples" / "flask_celery"


def a_row(verdict: Verdict, code: str = "BROKER_POOL_LIMIT") -> Row:
    return Row(code, "broker_pool_limit", "4", "1", verdict, "Because.", "app.conf.x = 1", "CELERY_X = 1")


def run(*words: str) -> tuple[int, str]:
    finished = CliRunner().invoke(app, ["doctor", *words], catch_exceptions=False)
    return finished.exit_code, finished.stdout


def test_a_checkout_that_is_as_recommended_but_for_advice_ends_with_0() -> None:
    status, output = run("--app-dir", str(SAMPLE), "--python", sys.executable)

    assert status == 0, output
    assert output.splitlines()[0].startswith("the checkout flask_celery on cloudamqp:lemur: ")


def test_one_that_is_not_ends_with_4_and_says_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("worker: celery -A shop worker -E\n")
    status, output = run("--app-dir", str(tmp_path), "--json")
    event, result = map(json.loads, output.splitlines())

    assert (status, result["code"], result["exit"]) == (4, "NOT_AS_ADVISED", 4)
    assert result["state"] == "Nothing was changed."
    assert (event["type"], event["source"], event["plan"]) == ("doctor", "checkout", "cloudamqp:lemur")
    assert {row["code"]: row["verdict"] for row in event["rows"]}["WITHOUT_GOSSIP"] == "danger"
    assert "WITHOUT_GOSSIP" in result["why"]


def test_without_an_app_and_without_a_checkout_it_asks_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEROKU_APP", raising=False)
    monkeypatch.setenv("HEROKU_API_KEY", "HRKU-none")

    status, output = run()

    assert status == 2
    assert "--app APP" in output


def test_a_plan_that_nobody_knows_is_not_taken_for_a_large_one() -> None:
    status, output = run("--app-dir", str(SAMPLE), "--to", "bunnny-1")

    assert status == 2
    assert "No plan cloudamqp:bunnny-1 is known." in output


@pytest.mark.parametrize("verdict", [Verdict.OK, Verdict.ADVICE])
def test_advice_does_not_fail(verdict: Verdict) -> None:
    refuse([a_row(verdict)], "shop", "cloudamqp:lemur")


def test_what_is_not_known_fails_until_somebody_has_looked() -> None:
    found = [a_row(Verdict.OK), a_row(Verdict.UNKNOWN, "WEB_PROCESSES"), a_row(Verdict.DANGER, "BROKER_URL")]

    with pytest.raises(NotAsAdvised, match="is not known: 1 not known") as raised:
        refuse(found[:2], "shop", "cloudamqp:lemur")
    assert "--accept WEB_PROCESSES" in raised.value.next
    refuse(found[:2], "shop", "cloudamqp:lemur", ("WEB_PROCESSES",))
    with pytest.raises(NotAsAdvised, match="does not use its broker") as raised:
        refuse(found, "shop", "cloudamqp:lemur", ("WEB_PROCESSES",))
    assert raised.value.why == "BROKER_URL."


def test_a_code_that_no_row_has_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("worker: celery -A shop worker\n")
    status, output = run("--app-dir", str(tmp_path), "--accept", "WITHOUT_GOSIP")

    assert status == 2
    assert "--accept WITHOUT_GOSSIP" in output


@pytest.mark.parametrize("verdict", [Verdict.WARNING, Verdict.DANGER])
def test_a_warning_or_worse_fails(verdict: Verdict) -> None:
    with pytest.raises(NotAsAdvised, match="shop does not use its broker as cloudamqp:lemur needs it"):
        refuse([a_row(Verdict.OK), a_row(verdict)], "shop", "cloudamqp:lemur")


def test_what_is_not_known_is_said_in_the_verdict_too() -> None:
    found = [a_row(Verdict.OK), a_row(Verdict.UNKNOWN, "VERSIONS")]

    assert tally(found) == "1 not known, 1 as recommended"
    assert unknown(found) == "Not known, and so not good either: VERSIONS."
    assert unknown([a_row(Verdict.OK)]) == ""


def test_people_read_the_verdict_first_then_the_worst_and_what_to_paste() -> None:
    shown = list(
        lines(Advised("shop", "cloudamqp-1", "cloudamqp:lemur", "app", (a_row(Verdict.OK), a_row(Verdict.DANGER))))
    )

    assert shown[0] == "shop (cloudamqp-1) on cloudamqp:lemur: 1 danger, 1 as recommended."
    assert [line.split()[0] for line in shown[3:5]] == ["danger", "ok"]
    assert "  plain Celery: app.conf.x = 1" in shown
    assert "  Django:       CELERY_X = 1" in shown


def test_nothing_is_cut_off_however_long_it_is() -> None:
    practice = healthy_practice()
    long = Row("VERSIONS", "x", "found " * 60, "recommended " * 30, Verdict.OK, "")
    shown = " ".join(lines(Advised("shop", "", practice.plan, "app", (*rows(practice), long))))

    assert (shown.count("found"), shown.count("recommended") >= 30, "…" in shown) == (61, True, False)
