from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from migrate import procfile
from migrate.sandbox.partner.plans import DEFAULT_PLANS, PlanSpec, refusal
from migrate.sandbox.releases import changed, describe_change
from migrate.sandbox.settings import SandboxSettings, UnknownSetting

if TYPE_CHECKING:
    from pathlib import Path

LEMUR, TIGER, BUNNY, RABBIT = (
    PlanSpec("lemur", "", 0, shared=True),
    PlanSpec("tiger", "", 19, shared=True),
    PlanSpec("b", "", 9),
    PlanSpec("r", "", 99),
)


def test_settings_survive_json() -> None:
    settings = SandboxSettings(other_apps=("a", "b"), formation={"web": 2}, plans=(LEMUR, BUNNY), preboot=True)
    assert SandboxSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


def test_an_unknown_setting_is_refused_by_name() -> None:
    with pytest.raises(UnknownSetting, match="no such setting: colour"):
        SandboxSettings().changed({"colour": "red"})


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("2", "provision_seconds"),
        (1, "preboot"),
        ("fast", "provisioning"),
        (None, "app"),
        (1.5, "rate_limit"),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(UnknownSetting, match=name):
        SandboxSettings().changed({name: value})


def test_a_whole_number_will_do_for_seconds() -> None:
    assert SandboxSettings().changed({"provision_seconds": 2}).provision_seconds == 2


def test_the_default_plans_have_the_legacy_name_and_its_successors() -> None:
    names = {plan.name for plan in DEFAULT_PLANS}
    assert {"lemur", "tiger", "bunny", "bunny-1", "bunny-3"} <= names


@pytest.mark.parametrize(
    ("old", "new", "done"),
    [(LEMUR, TIGER, True), (BUNNY, RABBIT, True), (LEMUR, BUNNY, False), (BUNNY, LEMUR, False)],
)
def test_plans_of_a_kind_are_exchanged_in_place(old: PlanSpec, new: PlanSpec, done: bool) -> None:  # noqa: FBT001
    assert (refusal(old, new, "by-kind") is None) is done
    assert refusal(old, new, "always") is None
    assert refusal(old, new, "never") is not None


def test_a_procfile_gives_commands_by_type(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text(
        "# web: no\nweb: run $PORT: now\n\n  worker-2 :  celery  \nrelease: ./migrate\n"
    )
    assert procfile.read(tmp_path) == {"web": "run $PORT: now", "worker-2": "celery", "release": "./migrate"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "not a procfile\n"])
def test_a_procfile_without_a_type_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "Procfile").write_text(text)
    with pytest.raises(procfile.NoProcfile, match="names no process type"):
        procfile.read(tmp_path)


def test_changes_merge_and_none_removes() -> None:
    assert changed({"A": "1", "B": "2"}, {"B": None, "C": "3", "D": None}) == {"A": "1", "C": "3"}
    assert describe_change({"A": "1", "B": "2"}) == "Set A, B config vars"
    assert describe_change({"A": None}) == "Remove A config vars"
