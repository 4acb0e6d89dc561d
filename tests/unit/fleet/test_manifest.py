"""What ``fleet.toml`` may say, and what it is told when it says something else."""

from __future__ import annotations

import pytest

from migrate.errors import UsageError
from migrate.fleet.manifest import Manifest, Selector, parse

SMALL = 'name = "brokers"\nto = "bunny"\napps = ["shop", "mail"]\n'


def test_the_least_that_it_may_say() -> None:
    assert parse(SMALL, "fleet.toml") == Manifest("brokers", "bunny", ("shop", "mail"), None)


def test_all_that_it_may_say() -> None:
    found = parse(
        """
        name = "brokers"
        to = "cloudamqp:bunny"
        waves = [["shop"], 3, "25%", "rest"]
        gate = "auto"
        max-failures = "10%"
        parallel = 4
        [selector]
        pipeline = "shops"
        stage = "production"
        plan = "lemur"
        [options]
        strategy = "bridge"
        drain-timeout = 60
        [app.shop]
        pause = ["clock"]
        """,
        "fleet.toml",
    )

    assert found.selector == Selector(pipeline="shops", stage="production", plan="lemur")
    assert found.waves == (("shop",), 3, "25%", "rest")
    assert (found.gate, found.max_failures, found.parallel) == ("auto", "10%", 4)
    assert found.options == {"strategy": "bridge", "drain-timeout": 60.0}
    assert found.of_apps == {"shop": {"pause": ["clock"]}}


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        ("name = [", "fleet.toml is not TOML", ""),
        (f"{SMALL}wawes = [1]\n", "There is no key wawes: fleet.toml, line 4.", "Near: waves."),
        ('name = "a b"\nto = "bunny"\napps = ["shop"]', "name must be a word", ""),
        ('name = "brokers"\napps = ["shop"]', "to must be a text", "It is not there."),
        ('name = "brokers"\nto = "bunny"', "fleet.toml must say either apps or [selector].", "It says neither."),
        (f'{SMALL}[selector]\nteam = "ours"\n', "fleet.toml must say either apps or [selector].", "It says both."),
        (f"{SMALL}[selector]\n", "selector must be a table with team", ""),
        (f'{SMALL}[selector]\nteem = "ours"\n', "There is no key teem: fleet.toml, line 5.", "Near: team."),
        (f'{SMALL}[selector]\nstage = "staging"\n', "stage goes with pipeline", ""),
        (f'{SMALL}[selector]\npipeline = "p"\nstage = "prod"\n', "There is no stage prod", "There are: test, review"),
        (f"{SMALL}waves = []\n", "waves must be a list such as", "It is a list, and empty."),
        (f"{SMALL}waves = [0]\n", "waves must be a list such as", ""),
        (f'{SMALL}waves = ["150%"]\n', "waves must be a list such as", ""),
        (f'{SMALL}waves = [["shap"], "rest"]\n', "There is no app shap", "Near: shop."),
        (f'{SMALL}gate = "open"\n', "gate must be one of hold, auto", ""),
        (f"{SMALL}max-failures = -1\n", "max-failures must be a number", ""),
        (f'{SMALL}max-failures = "many"\n', "max-failures must be a number", ""),
        (f"{SMALL}parallel = 0\n", "parallel must be a number from 1 to 250", ""),
        (f'{SMALL}[options]\nstratagem = "bridge"\n', "There is no key stratagem", "Near: strategy."),
        (f'{SMALL}[options]\nstrategy = "brigde"\n', "There is no strategy brigde.", ""),
        (f"{SMALL}[options]\nkeep-old = true\n", "--keep-old cannot be used with strategy documented.", ""),
        (f'{SMALL}[options]\naccept = ["PREBOOT"]\n', "accept may not stand in fleet.toml, line 5.", "It gives"),
        (f'{SMALL}[options]\nhook = ["true"]\n', "hook may not stand in fleet.toml", "differs from worker to worker"),
        (f'{SMALL}[options]\ndeploy = "command: x --token=hunter2hunter2"\n', "looks like a secret", ""),
        (f'{SMALL}[app.shap]\npause = ["clock"]\n', "There is no app shap", "Near: shop."),
        (f"{SMALL}[app]\nshop = 1\n", "app must be a table for each app", ""),
        ('name = "brokers"\nto = "bunny"\napps = ["shop", "shop"]', "shop is listed twice", ""),
    ],
)  # fmt: skip
def test_what_it_may_not_say(text: str, what: str, why: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text, "fleet.toml")

    assert what in raised.value.what
    assert why in raised.value.why
    assert "hunter2" not in f"{raised.value.what}{raised.value.why}{raised.value.next}"
