from __future__ import annotations

from migrate.sandbox.builds.git_settings import pointing_to, variables

HERE = "http://127.0.0.1:20000"


def settings(environment: dict[str, str]) -> list[tuple[str, str]]:
    count = int(environment["GIT_CONFIG_COUNT"])
    return [(environment[f"GIT_CONFIG_KEY_{n}"], environment[f"GIT_CONFIG_VALUE_{n}"]) for n in range(count)]


def test_the_remotes_of_heroku_and_of_its_command_lead_to_the_sandbox() -> None:
    found = settings(pointing_to(HERE, {}))
    rewritten = {value for name, value in found if name == f"url.{HERE}/.insteadOf"}
    assert rewritten == {
        "https://127.0.0.1:20000/",
        "https://git.heroku.com/",
        "git@heroku.com:",
        "ssh://git@heroku.com/",
    }


def test_no_other_credential_helper_gets_the_token_to_store() -> None:
    helpers = [value for name, value in settings(pointing_to(HERE, {})) if name == f"credential.{HERE}.helper"]
    assert helpers[0] == ""
    assert "$HEROKU_API_KEY" in helpers[1]


def test_settings_that_were_there_stay() -> None:
    own = variables([("user.name", "Ada")])
    found = settings(own | pointing_to(HERE, own))
    assert found[0] == ("user.name", "Ada")
    assert found[1:] == settings(pointing_to(HERE, {}))


def test_those_of_another_sandbox_are_written_over_and_later_ones_stay() -> None:
    own = variables([("user.name", "Ada")])
    old = own | pointing_to("http://127.0.0.1:31999", own)
    count = int(old["GIT_CONFIG_COUNT"])
    old |= variables([("core.pager", "cat")], count)
    found = settings(old | pointing_to(HERE, old))
    assert found == [("user.name", "Ada"), *settings(pointing_to(HERE, {})), ("core.pager", "cat")]


def test_a_count_that_is_no_number_counts_nothing() -> None:
    assert settings(pointing_to(HERE, {"GIT_CONFIG_COUNT": "many"})) == settings(pointing_to(HERE, {}))
