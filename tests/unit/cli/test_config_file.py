"""``migrate-plan.toml`` as commands go by it: what wins, who is told, and whose file is not used."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from typer.testing import CliRunner

from migrate import results
from migrate.cli.app import app
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

FILE = """
[defaults]
strategy = "side-by-side"
drain-timeout = 7200
pause = ["beat"]

[apps.my-app]
strategy = "bridge"
maintenance = true
"""


class Heard:
    """What a command was asked for, in the place of doing it."""

    world: Any = None
    wish: Any = None


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HEROKU_APP", "MIGRATE_STORE", "MIGRATE_CONFIG_FILE", "MIGRATE_RABBITMQ_API"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard = Heard()

    def keep(_speech: object, world: object, wish: object) -> object:
        heard.world, heard.wish = world, wish
        return results.nothing_to_do("Heard.")

    monkeypatch.setattr("migrate.cli.wish.grant", keep)
    monkeypatch.setattr("migrate.cli.resume.resumed", keep)
    monkeypatch.setattr("migrate.cli.rollback._rollback", lambda speech, world, *_: keep(speech, world, None))
    return heard


def run(*words: str) -> Result:
    return CliRunner().invoke(app, [*words])


def written(folder: Path, text: str = FILE) -> Path:
    path = folder / "migrate-plan.toml"
    path.write_text(text)
    return path


def test_the_table_of_the_app_and_that_of_every_app_are_gone_by_and_told(here: Path, heard: Heard) -> None:
    path = written(here)

    result = run("--to", "bunny-1", "--app", "my-app")

    choices = heard.wish.choices
    assert (choices.strategy, choices.maintenance, choices.paused) == ("bridge", True, ("beat",))
    assert heard.world.drain_timeout == 7200
    assert result.stdout.splitlines()[0] == (
        f"From {path}: "
        "strategy=bridge, maintenance=true ([apps.my-app]); drain-timeout=7200, pause=beat ([defaults])."
    )


def test_a_flag_wins_over_the_file_also_to_say_no(here: Path, heard: Heard) -> None:
    written(here)

    result = run("--to", "x", "--app", "my-app", "--strategy", "documented", "--no-maintenance", "--pause", "clock")

    choices = heard.wish.choices
    assert (choices.strategy, choices.maintenance, choices.paused) == ("documented", False, ("clock",))
    assert "strategy=" not in result.stdout


def test_a_flag_with_the_value_of_the_default_wins_too(here: Path, heard: Heard) -> None:
    written(here)

    run("--to", "x", "--app", "my-app", "--drain-timeout", "3600")

    assert heard.world.drain_timeout == 3600


def test_the_environment_wins_over_the_file(here: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here, '[defaults]\nrabbitmq-api = "https://one"\nstore = "sqlite:////nowhere/x"\n')
    monkeypatch.setenv("MIGRATE_RABBITMQ_API", "https://two")

    run("--to", "x", "--app", "a")

    assert (heard.world.rabbitmq_api, heard.world.store_url) == ("https://two", "sqlite:////nowhere/x")


def test_the_app_of_the_environment_has_its_table(here: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here)
    monkeypatch.setenv("HEROKU_APP", "my-app")

    run("--to", "x")

    assert heard.wish.choices.strategy == "bridge"


def test_the_app_of_the_git_remote_has_its_table(here: Path, heard: Heard) -> None:
    written(here)
    for command in ("init -q .", "remote add heroku https://git.heroku.com/my-app.git"):
        subprocess.run(["git", *command.split()], cwd=here, check=True)

    run("--to", "x")

    assert heard.wish.choices.strategy == "bridge"


def test_an_app_that_would_be_asked_for_must_be_named_where_apps_have_own(here: Path, heard: Heard) -> None:
    written(here)

    result = run("--to", "x")

    assert (result.exit_code, heard.wish) == (2, None)
    assert "--app APP" in result.stdout


def test_a_command_for_which_no_app_has_anything_needs_none(here: Path) -> None:
    written(here)

    assert run("status").exit_code == 0


def test_an_app_without_a_table_is_told_so(here: Path, heard: Heard) -> None:
    written(here)

    assert "it has no [apps.my-ap]" in run("--to", "x", "--app", "my-ap").stdout
    assert heard.wish.choices.strategy == "side-by-side"


def test_the_file_at_the_top_of_the_checkout_is_found_and_the_nearer_one_wins(
    here: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / ".git").mkdir()
    (here / "deep" / "er").mkdir(parents=True)
    written(here, '[defaults]\nstrategy = "bridge"\n')
    monkeypatch.chdir(here / "deep" / "er")
    run("--to", "x", "--app", "a")
    assert heard.wish.choices.strategy == "bridge"

    written(here / "deep" / "er", '[defaults]\nstrategy = "in-place"\n')
    run("--to", "x", "--app", "a")
    assert heard.wish.choices.strategy == "in-place"


def test_a_file_above_that_belongs_to_no_checkout_is_not_looked_for(
    here: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(here)
    (here / "deep").mkdir()
    monkeypatch.chdir(here / "deep")

    run("--to", "x", "--app", "my-app")

    assert heard.wish.choices.strategy == "documented"


@pytest.mark.parametrize("words", [("resume", "--app", "my-app"), ("--resume", "--app", "my-app")])
def test_a_migration_that_goes_on_takes_limits_from_the_file_and_no_decision(
    here: Path, heard: Heard, words: tuple[str, ...]
) -> None:
    written(here, FILE + 'leftovers = "discard"\nignore-queue = ["mails"]\ndrain-dynos = true\n')

    result = run(*words)

    assert heard.world.drain_timeout == 7200
    assert heard.wish.left is None
    assert not heard.wish.drain_dynos
    assert heard.wish.sorting.ignored_patterns == ()
    assert "drain-timeout=7200" in result.stdout
    assert "leftovers" not in result.stdout


def test_a_command_that_has_an_id_finds_the_app_in_the_store_of_the_file(
    here: Path, heard: Heard, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'ours.sqlite3'}"
    Store(url, FakeClock()).create(a_migration(app="my-app"))
    written(here, f'[defaults]\nstore = "{url}"\n[apps.my-app]\nrabbitmq-api = "https://mine"\n')

    run("rollback", "mig-7f3k2q")

    assert (heard.world.store_url, heard.world.rabbitmq_api) == (url, "https://mine")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--to", "x", "--app", "a"), "[defaults]\nconfirm = 'a'\n"),
        (("--to", "x", "--app", "a"), "[defaults]\naccept = ['WORKERS_SILENT']\n"),
        (("status",), "[defaults]\nstrategi = 'x'\n"),
    ],
)
def test_a_file_that_is_refused_ends_the_command_before_it_does_anything(
    here: Path, heard: Heard, words: tuple[str, ...], text: str
) -> None:
    path = written(here, text)

    result = run(*words)

    assert (result.exit_code, heard.wish) == (2, None)
    assert f"{path}, line 2." in result.stdout


def test_a_file_that_is_named_is_gone_by_instead_and_none_with_an_empty_one(here: Path, heard: Heard) -> None:
    written(here)
    other = here / "other.toml"
    other.write_text('[defaults]\nstrategy = "in-place"\n')

    run("--to", "x", "--app", "my-app", "--config-file", str(other))
    assert heard.wish.choices.strategy == "in-place"
    run("--to", "x", "--app", "my-app", "--config-file", "/dev/null")
    assert heard.wish.choices.strategy == "documented"
    assert run("--to", "x", "--app", "a", "--config-file", "/nowhere/x.toml").exit_code == 2


def test_a_file_that_others_may_write_is_not_gone_by_unless_it_is_named(here: Path, heard: Heard) -> None:
    path = written(here)
    path.chmod(0o666)

    result = run("--to", "x", "--app", "my-app")

    assert (result.exit_code, heard.wish) == (2, None)
    assert "Every user may write it" in result.stdout
    run("--to", "x", "--app", "my-app", "--config-file", str(path))
    assert heard.wish.choices.strategy == "bridge"


def test_the_file_of_another_user_is_not_gone_by(here: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    monkeypatch.setattr("migrate.cli.config_file._ROOT", 4712)

    result = run("--to", "x", "--app", "my-app")

    assert (result.exit_code, heard.wish) == (2, None)
    assert "belongs to another user" in result.stdout


@pytest.mark.usefixtures("heard")
def test_with_json_the_line_about_the_file_is_no_event(here: Path) -> None:
    written(here)

    result = run("--to", "x", "--app", "my-app", "--json")

    assert "From " not in result.stdout
    assert "From " in result.stderr
