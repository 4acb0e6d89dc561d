"""What a file with defaults may say, and how it is refused."""

from __future__ import annotations

import pytest

from migrate.errors import UsageError
from migrate.planning.configuration import EACH_TIME, KEYS, REFUSED, SECONDS, TEXT, TEXTS, YES_OR_NO, parse

GOOD = {TEXT: ('"x"', "x"), TEXTS: ('["a", "b"]', ["a", "b"]), YES_OR_NO: ("true", True), SECONDS: ("90", 90.0)}
WRONG = {TEXT: ["3", "true", '["x"]', '""'], TEXTS: ['"a"', "[3]", '[""]'], YES_OR_NO: ['"yes"', "1"],
         SECONDS: ['"90"', "0", "true", "inf", "nan", "-5"]}  # fmt: skip


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as error:
        parse(text, "/x/migrate-plan.toml")
    return error.value


@pytest.mark.parametrize(("key", "kind"), KEYS.items())
def test_every_key_takes_a_value_of_its_kind(key: str, kind: str) -> None:
    written, value = GOOD[kind]

    found = parse(f"[defaults]\n{key} = {written}\n", "f").settings(None)

    assert (found[key].value, found[key].table) == (value, "[defaults]")


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, kind in KEYS.items() for value in WRONG[kind]])
def test_every_key_refuses_a_value_of_another_kind_with_its_line(key: str, value: str) -> None:
    error = refused(f"# ours\n[defaults]\n\n{key} = {value}\n")

    assert error.what == f"{key} must be {KEYS[key]}: /x/migrate-plan.toml, line 4."
    assert int(error.exit) == 2


@pytest.mark.parametrize(("key", "reason"), REFUSED.items())
def test_what_is_said_once_may_not_stand_in_the_file(key: str, reason: str) -> None:
    error = refused(f'[apps.shop]\n{key} = "shop"\n')

    assert error.what == f"{key} may not stand in /x/migrate-plan.toml, line 2."
    assert error.why == reason


def test_an_apps_own_table_wins_over_what_holds_for_every_app() -> None:
    found = parse(
        '[defaults]\nstrategy = "bridge"\ndrain-timeout = 60\n[apps.shop]\nstrategy = "side-by-side"\n', "f"
    )

    assert {key: setting.value for key, setting in found.settings("shop").items()} == {
        "strategy": "side-by-side",
        "drain-timeout": 60.0,
    }
    assert found.settings("other")["strategy"].value == "bridge"
    assert found.settings(None)["strategy"].table == "[defaults]"


@pytest.mark.parametrize(
    ("text", "what", "near"),
    [
        ("[defaults]\nstrategi = 'x'", "There is no key strategi: /x/migrate-plan.toml, line 2.", "Near: strategy."),
        ("[default]\nstrategy = 'x'", "There is no table default: /x/migrate-plan.toml, line 1.", "Near: defaults."),
        ("[apps.shop]\nignore_queue = ['x']", "There is no key ignore_queue: /x/migrate-plan.toml, line 2.",
         "Near: ignore-queue."),
        ("strategy = 'x'", "There is no table strategy: /x/migrate-plan.toml, line 1.",
         "It is a key, and stands below [defaults] or [apps.APP]."),
        ("[apps.'shop']\n'keep_old' = true", "There is no key keep_old: /x/migrate-plan.toml, line 2.",
         "Near: keep-old."),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_a_near_one(text: str, what: str, near: str) -> None:
    error = refused(text)

    assert (error.what, error.why) == (what, near)


@pytest.mark.parametrize(
    "text", ["[defaults", "[defaults]\nstrategy =", "apps = 3", "defaults = []", "[apps]\nshop = 1"]
)
def test_what_is_no_table_is_refused(text: str) -> None:
    assert "/x/migrate-plan.toml" in refused(text).what


def test_the_store_is_one_for_all_apps() -> None:
    assert "only" in refused('[apps.shop]\nstore = "sqlite:////x"\n').what


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("store", '"postgresql://me:canary-3f9@db/x"'),
        ("store", '"postgresql://me:canary%2D3f9@db/x"'),
        ("store", '"postgresql://db/x?user=me&password=canary-3f9"'),
        ("rabbitmq-api", '"https://guest:canary-3f9@host:15671"'),
        ("deploy", '"command: curl -d token=canary-3f9 https://ci"'),
        ("ignore-queue", '["a", "amqp://u:canary-3f9@h/v"]'),
    ],
)
def test_a_value_that_looks_like_a_secret_is_refused_and_not_shown(key: str, value: str) -> None:
    error = refused(f"[defaults]\n{key} = {value}\n")

    assert error.what == f"The value of {key} looks like a secret: /x/migrate-plan.toml, line 2."
    assert "canary" not in f"{error.what} {error.why} {error.next}"


def test_a_secret_where_a_name_should_be_is_not_shown() -> None:
    error = refused('"amqp://u:canary-3f9@h/v" = 3\n')

    assert "canary" not in f"{error.what} {error.why} {error.next}"


def test_what_the_environment_brings_into_a_deploy_command_is_no_secret() -> None:
    text = "[defaults]\ndeploy = 'command: curl -d token=\"$TOKEN\" https://ci'\n"

    assert parse(text, "f").settings(None)["deploy"].value.endswith("https://ci")


def test_only_what_each_command_goes_by_anew_is_no_decision() -> None:
    waits, places = {"drain-timeout", "quiesce-timeout", "hold-timeout"}, {"store", "rabbitmq-api"}
    assert set(EACH_TIME) == {*waits, *places, "audit-log", "hook"}
