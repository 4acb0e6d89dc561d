from __future__ import annotations

import os
import signal
from itertools import count
from typing import TYPE_CHECKING

import psutil
import pytest
import requests
from checkout import PROCFILE, WHEEL, Checkout, HeldWheel, wheel
from sandbox_client import APP_DIR, FAST, Api

from migrate.sandbox.lifecycle import throwaway

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.sandbox.address import SandboxAddress

pytestmark = pytest.mark.contract
_numbers = count(1)


@pytest.fixture
def shop(quiet_api: Api, tmp_path: Path) -> Checkout:
    """A checkout of an app that nothing was ever deployed to."""
    name = f"shop-{next(_numbers)}"
    quiet_api.post("/sandbox/apps", {"name": name})
    return Checkout(tmp_path / "shop", quiet_api.address, name)


def page_of(api: Api, app: str, path: str = "/") -> str:
    port = api.address.router_url.rpartition(":")[2]
    return requests.get(api.address.router_url + path, headers={"Host": f"{app}.localhost:{port}"}, timeout=20).text


def formation_of(api: Api, app: str) -> dict[str, int]:
    return {entry["type"]: entry["quantity"] for entry in api.get(f"/apps/{app}/formation")}


def statuses(api: Api, app: str) -> list[str]:
    return [build["status"] for build in api.get(f"/apps/{app}/builds")]


def installers(address: SandboxAddress) -> list[psutil.Process]:
    """The pip processes of a sandbox."""
    home = str(address.directory / "interpreters")
    found = psutil.process_iter(["cmdline"])
    return [item for item in found if any(word.startswith(home) for word in item.info["cmdline"] or ())]


def test_a_push_deploys_and_the_router_serves_it(quiet_api: Api, shop: Checkout) -> None:
    commit = shop.commit({"Procfile": f"{PROCFILE}worker: sleep 1000\n", "index.html": "one"})
    pushed = shop.push()
    assert pushed.returncode == 0, pushed.stderr
    for line in (
        "-----> Python app detected",
        "Procfile declares types -> web, worker",
        "Released v3",
        f"http://{shop.app}.localhost:",
    ):
        assert line in pushed.stderr
    release = quiet_api.releases(shop.app)[-1]
    assert (release["description"], release["current"]) == (f"Deploy {commit[:8]}", True)
    assert release["user"]["email"] == "operator@example.com"
    slug = quiet_api.get(f"/apps/{shop.app}/slugs/{release['slug']['id']}")
    assert (slug["commit"], set(slug["process_types"])) == (commit, {"web", "worker"})
    assert formation_of(quiet_api, shop.app) == {"web": 1, "worker": 0}
    assert page_of(quiet_api, shop.app) == "one"


def test_the_next_push_replaces_the_code_and_its_process_types(quiet_api: Api, shop: Checkout) -> None:
    shop.commit({"Procfile": f"{PROCFILE}clock: sleep 1000\n", "index.html": "one"})
    assert shop.push().returncode == 0
    quiet_api.patch(f"/apps/{shop.app}/formation/clock", {"quantity": 1})
    shop.commit({"Procfile": f"{PROCFILE}mailer: sleep 1000\n", "index.html": "two"})
    assert shop.push().returncode == 0
    assert formation_of(quiet_api, shop.app) == {"web": 1, "mailer": 0}
    assert [dyno["name"] for dyno in quiet_api.get(f"/apps/{shop.app}/dynos")] == ["web.1"]
    assert page_of(quiet_api, shop.app) == "two"


def test_what_was_pushed_can_be_cloned(quiet_api: Api, shop: Checkout) -> None:
    app = quiet_api.get(f"/apps/{shop.app}")
    assert app["git_url"] == f"{quiet_api.address.api_url}/{shop.app}.git"
    assert "empty repository" in shop.attempt("clone", app["git_url"], "empty").stderr
    commit = shop.commit({"Procfile": PROCFILE})
    assert shop.push().returncode == 0
    as_the_heroku_command_has_it = app["git_url"].replace("http:", "https:")
    shop.git("clone", "--quiet", as_the_heroku_command_has_it, "copy")
    assert shop.git("-C", "copy", "rev-parse", "HEAD") == commit


def test_requirements_are_installed_for_the_app_alone(shop: Checkout) -> None:
    tell = 'python -c "import greeting; print(greeting.WORD)"'
    shop.commit({"Procfile": f"release: {tell}\n", "requirements.txt": f"./{WHEEL}\n", WHEEL: wheel("first")})
    first = shop.push().stderr
    assert "remote: first" in first, first
    shop.commit({WHEEL: wheel("second")})
    pushed = shop.push().stderr
    assert "remote: second" in pushed
    assert "Successfully installed greeting-1.0" in pushed


def test_the_same_requirements_are_installed_once(shop: Checkout) -> None:
    shop.commit({"Procfile": PROCFILE, "requirements.txt": "# nothing yet\n"})
    assert "Installing requirements with pip" in shop.push().stderr
    shop.commit({"index.html": "two"})
    assert "No change in requirements detected, installing from cache" in shop.push().stderr


def test_a_release_command_that_fails_keeps_the_old_release_but_the_push_succeeds(
    quiet_api: Api, shop: Checkout
) -> None:
    shop.commit({"Procfile": PROCFILE, "index.html": "one"})
    assert shop.push().returncode == 0
    commit = shop.commit({"Procfile": f"{PROCFILE}release: echo no table; exit 1\n", "index.html": "two"})
    pushed = shop.push()
    assert pushed.returncode == 0
    assert "remote: no table" in pushed.stderr
    assert "Waiting for release.... failed." in pushed.stderr
    assert shop.git("ls-remote", "heroku", "main").split()[0] == commit
    assert quiet_api.releases(shop.app)[-1]["status"] == "failed"
    assert page_of(quiet_api, shop.app) == "one"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"README": "no process type anywhere"}, "cannot read"),
        ({"Procfile": PROCFILE, "requirements.txt": "./absent.whl\n"}, "the requirements could not be installed"),
    ],
)
def test_what_does_not_build_is_declined_and_releases_nothing(
    quiet_api: Api, shop: Checkout, files: dict[str, str | bytes], reason: str
) -> None:
    shop.commit(files)
    pushed = shop.push()
    assert pushed.returncode == 1
    assert "[remote rejected] main -> main (pre-receive hook declined)" in pushed.stderr
    assert f"Push rejected, failed to compile Python app: {reason}" in pushed.stderr
    assert len(quiet_api.releases(shop.app)) == 2
    assert shop.git("ls-remote", "heroku") == ""
    assert statuses(quiet_api, shop.app) == ["failed"]
    assert list((quiet_api.address.directory / "slugs").glob("*/README")) == []


def test_only_main_and_master_are_built(quiet_api: Api, shop: Checkout) -> None:
    commit = shop.commit({"Procfile": PROCFILE})
    pushed = shop.push("main:draft")
    assert pushed.returncode == 0
    assert "Pushed to non-main branch, skipping build." in pushed.stderr
    assert statuses(quiet_api, shop.app) == []
    assert "Released v3" in shop.push("main:master").stderr
    assert shop.git("ls-remote", "heroku", "draft").split()[0] == commit


def test_a_push_needs_a_token_of_somebody_who_works_on_the_app(quiet_api: Api, shop: Checkout) -> None:
    shop.commit({"Procfile": PROCFILE})
    assert "Authentication failed" in shop.push(HEROKU_API_KEY="wrong").stderr
    stranger = quiet_api.post("/sandbox/accounts", {"email": "stranger@example.com"})["token"]
    assert "You do not have access to the app" in shop.push(HEROKU_API_KEY=stranger).stderr
    reader = quiet_api.post("/oauth/authorizations", {"scope": ["read"]})["access_token"]["token"]
    assert "The scope of this token does not allow that." in shop.push(HEROKU_API_KEY=reader).stderr
    assert shop.attempt("ls-remote", "heroku", HEROKU_API_KEY=reader).returncode == 0
    assert "Couldn't find that app." in shop.attempt("ls-remote", "https://git.heroku.com/nobody.git").stderr
    assert statuses(quiet_api, shop.app) == []


def test_a_push_during_a_build_waits_for_it(quiet_api: Api, shop: Checkout) -> None:
    with HeldWheel() as held:
        shop.commit({"Procfile": PROCFILE, "requirements.txt": held.requirements, "index.html": "one"})
        first = shop.pushing()
        assert held.asked.wait(60)
        shop.git("rm", "--quiet", "requirements.txt")
        shop.commit({"index.html": "two"})
        second = shop.pushing()
        quiet_api.wait(lambda: statuses(quiet_api, shop.app) == ["pending", "pending"], 60)
        held.let_go()
        first.wait(60)
        second.wait(60)
    assert statuses(quiet_api, shop.app) == ["succeeded", "succeeded"]
    assert page_of(quiet_api, shop.app) == "two"


def test_a_build_goes_on_without_the_one_who_pushed_and_leaves_no_process(quiet_api: Api, shop: Checkout) -> None:
    with HeldWheel() as held:
        commit = shop.commit({"Procfile": PROCFILE, "requirements.txt": held.requirements})
        pushing = shop.pushing()
        assert held.asked.wait(60)
        assert installers(quiet_api.address)
        os.killpg(pushing.pid, signal.SIGKILL)
        pushing.wait()
        held.let_go()
        quiet_api.wait(lambda: statuses(quiet_api, shop.app) == ["succeeded"], 60)
    assert quiet_api.releases(shop.app)[-1]["description"] == f"Deploy {commit[:8]}"
    assert installers(quiet_api.address) == []
    quiet_api.wait(lambda: shop.git("ls-remote", "heroku", "main").startswith(commit), 60)


def test_a_build_ends_with_its_sandbox(tmp_path: Path) -> None:
    with HeldWheel() as held:
        with throwaway(FAST.changed({"formation": {"web": 0, "worker": 0}}), APP_DIR) as address:
            checkout = Checkout(tmp_path / "shop", address, address.app)
            checkout.commit({"Procfile": PROCFILE, "requirements.txt": held.requirements})
            pushing = checkout.pushing()
            assert held.asked.wait(60)
            assert installers(address)
        assert pushing.wait(60) != 0
        assert installers(address) == []
        assert not address.directory.exists()


def test_the_token_is_in_no_file_of_checkout_and_sandbox_but_the_address(quiet_api: Api, shop: Checkout) -> None:
    shop.commit({"Procfile": PROCFILE})
    assert shop.push().returncode == 0
    places = [shop.directory, quiet_api.address.directory]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    token = quiet_api.address.token.encode()
    assert {path.name for path in files if token in path.read_bytes()} == {"sandbox.json"}
