"""Pasted copies of the old broker's address lead to the new one in the end, by one release, whatever happens."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after

from migrate.errors import AppUnknown, HerokuRefused, OutcomeUnknown, PreflightRefused, UsageError
from migrate.events import StepNoted
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.planning import opening
from migrate.platform import AddOn
from migrate.survey import survey
from migrate.ways import adoption, closing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.crash

WRITES = ("set eager", "remove", "add", "unset eager")
ID = "mig-7f3k2q"


def url_of(add_on: str) -> str:
    return f"amqps://{add_on}:canary-{add_on}@host/{add_on}"


OLD, NEW = url_of("cloudamqp-old-1"), url_of("cloudamqp-mig-7f3k2q")
API = "https://cloudamqp-old-1:canary-cloudamqp-old-1@host/api/"
PASTED = {"BROKER_URL": OLD, "FLOWER_BROKER_API": API, "PROXY": "$CLOUDAMQP_URL", "DEBUG": "1"}
UNREAD = {"ADDRESS": OLD, "FLOWER_BROKER_API": API}
"""None that Celery reads by itself: a bridge cannot do with those."""


@pytest.fixture
def machine() -> Machine:
    return pasted()


def pasted(url: str = "", variables: Mapping[str, str] = PASTED, **choices: Any) -> Machine:
    heroku = FakeHeroku()
    heroku.config |= variables
    heroku.log[-1][1].update(variables)
    return Machine(url, heroku, choices=Choices(**choices))


def check_moved(machine: Machine) -> None:
    assert tuple(machine.heroku.writes) == WRITES
    assert machine.heroku.config == {
        "CLOUDAMQP_URL": NEW,
        "BROKER_URL": NEW,
        "FLOWER_BROKER_API": API.replace("cloudamqp-old-1", "cloudamqp-mig-7f3k2q"),
        "PROXY": "$CLOUDAMQP_URL",
        "DEBUG": "1",
    }


def test_the_release_that_ends_eager_mode_rewrites_them_and_no_other_does(machine: Machine) -> None:
    assert machine.begin().exit == Exit.DONE

    check_moved(machine)
    assert [config["BROKER_URL"] for _, config in machine.heroku.log] == [OLD] * 4 + [NEW]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Killed(), OutcomeUnknown("no reply")])
def test_killed_or_left_without_a_reply_around_any_call(
    machine: Machine, write: str, moment: str, error: BaseException
) -> None:
    setattr(machine.heroku, moment, once(write, error))

    result = machine.finish()
    if result.exit != Exit.DONE:
        result = machine.resume()

    assert result.exit == Exit.DONE
    check_moved(machine)


def test_a_refusal_is_resumed(machine: Machine) -> None:
    machine.heroku.before = once("unset eager", HerokuRefused("no", why="not now"))

    assert machine.begin().exit == Exit.RESUMABLE
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


def test_a_failed_release_is_made_again_with_them(machine: Machine) -> None:
    machine.heroku.fails = {"unset eager"}
    assert machine.begin().code == "RELEASE_FAILED"
    machine.heroku.fails = set()

    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.config["BROKER_URL"] == NEW


def test_what_somebody_has_rewritten_or_removed_meanwhile_is_left_so(machine: Machine) -> None:
    machine.on_event = kill_after("add")
    with pytest.raises(Killed):
        machine.begin()
    by_hand = {"BROKER_URL": "amqps://by:hand@elsewhere/v", "FLOWER_BROKER_API": None}
    machine.heroku.patch_config_vars("shop", by_hand)

    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.config["BROKER_URL"] == "amqps://by:hand@elsewhere/v"
    assert "FLOWER_BROKER_API" not in machine.heroku.config


def test_eager_mode_ended_by_hand_leaves_them_to_be_rewritten(machine: Machine) -> None:
    machine.heroku.before = once("unset eager", OutcomeUnknown("no reply"))
    assert machine.begin().exit == Exit.OUTCOME_UNKNOWN
    machine.heroku.patch_config_vars("shop", {"CELERY_ALWAYS_EAGER": None, "MIGRATE_PLAN": None})

    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.config["BROKER_URL"] == NEW


@pytest.mark.parametrize("step", ["eager-on", "drain"])
def test_the_way_back_leaves_them_as_they_are(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert machine.heroku.config == {"CLOUDAMQP_URL": OLD, **PASTED}


@pytest.mark.parametrize("step", ["eager-on", "remove", "add", "quiesce-again"])
def test_another_machine_without_the_store_rewrites_them_too(machine: Machine, tmp_path: Path, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    assert heir.resume().exit == Exit.DONE
    check_moved(heir)


def test_copies_whose_old_address_heroku_does_not_know_any_more_are_asked_about_not_left_silently() -> None:
    machine = pasted(variables={"ADDRESS": OLD})
    known = machine.heroku.release_config_vars

    def release_config_vars(app: str, version: int) -> dict[str, str]:
        if "add" in machine.heroku.writes and version == 2:
            raise AppUnknown("Heroku knows no release v2.")
        return known(app, version)

    fake: Any = machine.heroku
    fake.release_config_vars = release_config_vars

    refused = machine.begin()
    assert (refused.exit, refused.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert refused.what == "What ADDRESS should be is not known."
    assert refused.next[0].startswith("heroku config:edit ADDRESS --app shop ")
    assert machine.heroku.config["CELERY_ALWAYS_EAGER"] == "True"

    machine.heroku.patch_config_vars("shop", {"ADDRESS": NEW, "CELERY_ALWAYS_EAGER": "True"})
    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.config == {"CLOUDAMQP_URL": NEW, "ADDRESS": NEW}


@pytest.mark.parametrize("pushes", [0, 25])
def test_another_machine_rewrites_them_after_the_mark_was_set_anew_and_many_releases(
    tmp_path: Path, pushes: int
) -> None:
    machine = pasted(variables={"ADDRESS": OLD})
    machine.heroku.fails = {"unset eager"}
    assert machine.begin().code == "RELEASE_FAILED"
    endings: list[str] = []

    def let_the_mark_pass(write: str) -> None:
        endings.append(write)
        machine.heroku.fails = set() if len(endings) == 1 else {"unset eager"}

    machine.heroku.before = let_the_mark_pass
    assert machine.resume().code == "RELEASE_FAILED"
    machine.heroku.before = lambda _write: None
    for _ in range(pushes):
        machine.heroku.push()
    machine.heroku.fails = set()
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)
    machine.heroku.push()

    assert heir.resume().exit == Exit.DONE
    assert machine.heroku.config == {"CLOUDAMQP_URL": NEW, "ADDRESS": NEW}


def test_no_secret_of_theirs_is_in_the_store_or_in_any_event(tmp_path: Path) -> None:
    machine = pasted(f"sqlite:///{tmp_path / 'store.sqlite3'}")

    assert machine.begin().exit == Exit.DONE

    with sqlite3.connect(tmp_path / "store.sqlite3") as store:
        lines = "\n".join(store.iterdump())
    told = lines + repr(machine.events)
    assert "FLOWER_BROKER_API" in lines
    assert "canary" not in told
    assert quote("canary-", safe="") not in told


def test_one_that_is_to_be_kept_is_asked_about_and_then_kept() -> None:
    with pytest.raises(PreflightRefused) as refused:
        pasted(kept_copies=("BROKER_URL",)).begin()
    assert [item.code for item in refused.value.findings] == ["PASTED_COPIES"]

    machine = pasted(kept_copies=("BROKER_URL",), accepted=("PASTED_COPIES",))
    assert machine.migration().copies == ("FLOWER_BROKER_API",)


def test_a_name_that_holds_no_copy_cannot_be_kept() -> None:
    with pytest.raises(UsageError, match="no copy of the broker's address in DEBUG") as refused:
        pasted(kept_copies=("DEBUG",)).begin()
    assert refused.value.why == "Copies are in BROKER_URL, FLOWER_BROKER_API."


def test_what_another_add_on_has_set_is_not_touched_because_heroku_would_refuse_it(machine: Machine) -> None:
    other = AddOn("other-id", "relay-1", "relay:free", "relay", "provisioned", "shop", ("BROKER_URL",))
    machine.heroku.all_add_ons["relay-1"] = other

    with pytest.raises(PreflightRefused) as refused:
        machine.begin()
    assert "BROKER_URL" in refused.value.what
    assert "it belongs to the add-on relay-1" in refused.value.what


def test_the_preview_shows_them_masked(machine: Machine) -> None:
    fake: Any = machine.heroku
    facts = survey(fake, fake, "shop", fake.add_ons("shop")[0], "cloudamqp:bunny")
    shown = opening.preview(facts, machine.migration())

    (step,) = (step for step in shown.steps if step.step == "eager-off")
    assert "BROKER_URL, FLOWER_BROKER_API rewritten to the new broker" in step.intended
    assert "heroku config:edit BROKER_URL --app shop" in step.command
    assert "BROKER_URL (amqps://cloudamqp-old-1:***@host/cloudamqp-old-1)" in repr(shown.findings)
    assert "canary" not in repr(shown)


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
def test_with_two_add_ons_they_follow_too(strategy: str) -> None:
    machine = pasted(strategy=strategy, variables=UNREAD)

    assert machine.begin().exit == Exit.DONE
    assert machine.heroku.config["ADDRESS"] == NEW
    assert machine.heroku.config["CLOUDAMQP_URL"] == NEW


@pytest.mark.parametrize(
    ("strategy", "step"),
    [
        ("side-by-side", "reattach"),
        ("side-by-side", "eager-off"),
        ("side-by-side", "verify"),
        ("bridge", "reattach"),
        ("bridge", "bridge-off"),
        ("bridge", "verify"),
    ],
)
def test_the_way_back_from_two_add_ons_leads_them_back(strategy: str, step: str) -> None:
    machine = pasted(strategy=strategy, variables=UNREAD)
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert machine.heroku.config == {"CLOUDAMQP_URL": OLD, **UNREAD}


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
def test_they_are_led_back_from_a_new_add_on_that_somebody_has_removed(strategy: str) -> None:
    machine = pasted(strategy=strategy, variables=UNREAD)
    machine.on_event = kill_after("verify")
    with pytest.raises(Killed):
        machine.begin()
    machine.heroku.delete_add_on("shop", "cloudamqp-mig-7f3k2q")

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    assert machine.heroku.config == {"CLOUDAMQP_URL": OLD, **UNREAD}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_around_the_release_that_leads_them_back(moment: str) -> None:
    machine = pasted(strategy="side-by-side")
    machine.on_event = kill_after("verify")
    with pytest.raises(Killed):
        machine.begin()
    setattr(machine.heroku, moment, once("unset eager", Killed()))
    with pytest.raises(Killed):
        machine.roll_back()

    assert machine.resume().exit == Exit.ROLLED_BACK
    assert machine.heroku.config == {"CLOUDAMQP_URL": OLD, **PASTED}
    assert [config["BROKER_URL"] for _, config in machine.heroku.log].count(NEW) > 0


def test_copies_that_somebody_has_led_back_already_need_no_release() -> None:
    machine = pasted(strategy="side-by-side")
    machine.on_event = kill_after("verify")
    with pytest.raises(Killed):
        machine.begin()
    machine.heroku.patch_config_vars("shop", PASTED)

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert machine.heroku.config == {"CLOUDAMQP_URL": OLD, **PASTED}


def test_side_by_side_workers_that_read_a_copy_are_at_rest_on_the_old_broker_before_they_are_restarted() -> None:
    machine = pasted(strategy="side-by-side")
    machine.heroku.worker_reads = "BROKER_URL"
    seen: list[tuple[int, int]] = []
    old = machine.heroku.broker_of("cloudamqp-old-1")

    def look(write: str) -> None:
        if write == "unset eager":
            seen.append((len(old.workers), len(old.consuming)))

    machine.heroku.before = look

    assert machine.begin().exit == Exit.DONE
    assert machine.heroku.config["BROKER_URL"] == NEW
    assert seen == [(1, 0)]


def test_workers_that_read_a_copy_are_not_waited_for_on_a_broker_that_they_cannot_know(machine: Machine) -> None:
    machine.heroku.worker_reads = "BROKER_URL"
    machine.heroku.broker_of("cloudamqp-old-1").ready = 3

    assert machine.begin().exit == Exit.DONE

    check_moved(machine)
    said = " ".join(event.text for event in machine.events if isinstance(event, StepNoted))
    assert "0 of 1 workers are on the new broker" in said
    assert machine.clock.monotonic() < 150, "they were waited for although Celery itself reads that copy"
    assert len(machine.heroku.broker_of("cloudamqp-mig-7f3k2q").consumers()) == 1


def test_workers_that_come_late_are_waited_for(machine: Machine) -> None:
    machine.heroku.worker_reads = "BROKER_URL"
    began = machine.clock.monotonic()

    def come(read: str) -> None:
        if machine.clock.monotonic() > began + 60 and "add" in machine.heroku.writes and read == "config_vars":
            machine.heroku.worker_reads = ""

    machine.heroku.on_read = come

    assert machine.begin().exit == Exit.DONE
    check_moved(machine)


def test_who_gives_up_is_told_which_still_lead_to_the_broker_that_is_gone(machine: Machine) -> None:
    machine.on_event = kill_after("remove")
    with pytest.raises(Killed):
        machine.begin()
    machine.store.leases.clear()

    result = closing.abandon(machine.store, machine.store.record(ID), machine.clock)

    assert "heroku config:edit BROKER_URL --app shop    (still the old broker's)" in result.next
    assert "heroku config:edit FLOWER_BROKER_API --app shop    (still the old broker's)" in result.next


def once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call
