from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sandbox_client import APP_DIR, FAST, Api, check_refused

from migrate.sandbox.lifecycle import SandboxFailed, throwaway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.contract


def environment_of(api: Api) -> dict[str, str]:
    found: dict[str, str] = requests.get(api.address.router_url, timeout=5).json()["environment"]
    return found


def test_the_app_starts_with_a_history(api: Api) -> None:
    first = [item["description"] for item in api.releases()[:6]]
    name = first[3].partition("@ref:")[2].rstrip(")")
    assert first[:4] == [
        "Initial release",
        "Enable Logplex",
        "Set GREETING config vars",
        f"Attach CLOUDAMQP (@ref:{name})",
    ]
    wanted = f"@ref:{name} completed provisioning, setting CLOUDAMQP_URL, CLOUDAMQP_APIKEY."
    assert first[4] == wanted
    assert first[5].startswith("Deploy ")
    assert api.releases()[4]["user"]["email"] == "cloudamqp@addons.heroku.com"
    assert api.releases()[5]["user"]["email"] == "operator@example.com"


def test_one_patch_is_one_release_and_merges(api: Api) -> None:
    before = api.latest()
    answer = api.patch("+/config-vars", {"A": "1", "B": "two"})
    assert (answer["A"], answer["B"], answer["GREETING"]) == ("1", "two", "hello")
    assert api.patch("+/config-vars", {"A": None, "B": "3"}).get("A") is None
    assert api.patch("+/config-vars", {"B": None}) == api.get("+/config-vars")
    assert api.descriptions_after(before) == [
        "Set A, B config vars",
        "Set B and Remove A config vars",
        "Remove B config vars",
    ]
    assert [item["version"] for item in api.releases() if item["current"]] == [before + 3]


def test_a_patch_that_changes_nothing_makes_no_release_unless_chosen(api: Api) -> None:
    before = api.latest()
    api.patch("+/config-vars", {"GREETING": "hello", "ABSENT": None})
    assert api.latest() == before
    api.settings(unchanged_config_releases=True)
    api.patch("+/config-vars", {"GREETING": "hello"})
    assert api.latest() == before + 1


@pytest.mark.parametrize("value", ["x", None])
def test_the_variables_of_an_add_on_cannot_be_overwritten(api: Api, value: str | None) -> None:
    before = api.latest()
    answer = api.call("PATCH", "+/config-vars", {"CLOUDAMQP_URL": value, "OTHER": "1"})
    check_refused(answer, 422, "invalid_params", "Cannot overwrite attachment values CLOUDAMQP_URL.")
    assert api.latest() == before
    assert "OTHER" not in api.get("+/config-vars")


def test_bad_names_and_values_are_refused(api: Api) -> None:
    for body in ({"no-good": "1"}, {"N": 1}, {"BIG": "x" * 70_000}):
        check_refused(api.call("PATCH", "+/config-vars", body), 422, "invalid_params")


def test_every_release_restarts_every_formation_dyno_with_its_config(api: Api) -> None:
    old = api.dynos()
    value = str(time.time())
    api.patch("+/config-vars", {"MARK": value})
    assert {item["state"] for item in api.dynos().values()} == {"starting"}
    api.settled()
    assert {item["id"] for item in old.values()}.isdisjoint(item["id"] for item in api.dynos().values())
    assert environment_of(api)["MARK"] == value


def test_reads_are_stale_while_a_release_phase_runs(api: Api) -> None:
    api.patch("+/config-vars", {"PHASE": "old"})
    api.settled()
    api.settings(release_phase_seconds=0.6)
    dynos = api.dynos()
    answer = api.call("PATCH", "+/config-vars", {"PHASE": "new"})
    version = api.latest()
    assert answer.json()["PHASE"] == "old"
    assert "Release command executing" in answer.headers["Warning-Message"]
    assert api.get("+/config-vars")["PHASE"] == "old"
    assert api.get(f"+/releases/{version}/config-vars")["PHASE"] == "new"
    pending = api.get(f"+/releases/{version}")
    assert (pending["status"], pending["current"]) == ("pending", False)
    assert {name: item["id"] for name, item in api.dynos().items()} == {n: d["id"] for n, d in dynos.items()}
    assert "release" in {item["type"] for item in api.get("+/formation")}
    api.settled()
    assert api.get("+/config-vars")["PHASE"] == "new"
    assert environment_of(api)["PHASE"] == "new"


def test_releases_queue_up_one_after_another(api: Api) -> None:
    api.settings(release_phase_seconds=0.3)
    before = api.latest()
    for number in range(3):
        api.patch("+/config-vars", {f"Q{number}": str(time.time())})
    seen: set[tuple[str, ...]] = set()

    def all_succeeded() -> bool:
        seen.add(statuses(api, before))
        return ("succeeded",) * 3 in seen

    api.wait(all_succeeded)
    assert seen <= {
        ("pending", "pending", "pending"),
        ("succeeded", "pending", "pending"),
        ("succeeded", "succeeded", "pending"),
        ("succeeded", "succeeded", "succeeded"),
    }
    assert len(seen) >= 3


def statuses(api: Api, before: int) -> tuple[str, ...]:
    return tuple(item["status"] for item in api.releases() if item["version"] > before)


def test_a_failed_release_leaves_the_old_one_running(api: Api) -> None:
    api.settings(release_phase_fails=True, failed_changes_survive=False)
    before, dynos = api.latest(), api.dynos()
    api.patch("+/config-vars", {"FAILED": "1"})
    api.wait(lambda: statuses(api, before) == ("failed",))
    assert api.get(f"+/releases/{before}")["current"]
    assert {item["id"] for item in dynos.values()} == {item["id"] for item in api.dynos().values()}
    api.settings(release_phase_fails=False)
    api.patch("+/config-vars", {"AFTER": str(time.time())})
    assert "FAILED" not in api.get("+/config-vars")


def test_a_failed_change_comes_back_with_the_next_release_when_so_chosen(api: Api) -> None:
    api.settings(release_phase_fails=True)
    before = api.latest()
    api.patch("+/config-vars", {"SURVIVES": "1"})
    api.wait(lambda: statuses(api, before) == ("failed",))
    assert "SURVIVES" not in api.get("+/config-vars")
    api.settings(release_phase_fails=False)
    assert api.patch("+/config-vars", {"AFTER": str(time.time())})["SURVIVES"] == "1"
    api.patch("+/config-vars", {"SURVIVES": None})


def test_a_partner_release_runs_no_phase_but_waits_for_the_one_before(api: Api) -> None:
    api.settings(release_phase_seconds=2.0)
    before = api.latest()
    addon = api.post("+/addons", {"plan": "cloudamqp:tiger", "attachment": {"name": "SPARE"}})
    assert statuses(api, before) == ("pending", "pending")
    assert addon["state"] == "provisioned"
    assert "SPARE_URL" not in api.get("+/config-vars")
    started = time.monotonic()
    api.wait(lambda: statuses(api, before) == ("succeeded", "succeeded"))
    assert time.monotonic() - started < 3.8, "a second phase would have ended after 4 s"
    assert "SPARE_URL" in api.get("+/config-vars")


def test_a_rollback_restores_config_but_no_add_on(api: Api) -> None:
    api.patch("+/config-vars", {"ROLL": "old", "GONE": None})
    target = api.latest()
    api.patch("+/config-vars", {"ROLL": "new", "GONE": "1"})
    url = api.get("+/config-vars")["CLOUDAMQP_URL"]
    made = api.post("+/releases", {"release": api.get(f"+/releases/{target}")["id"]})
    assert made["description"] == f"Rollback to v{target}"
    config = api.get("+/config-vars")
    assert (config["ROLL"], config.get("GONE"), config["CLOUDAMQP_URL"]) == ("old", None, url)


def test_the_slug_can_be_released_again(api: Api) -> None:
    newest = api.releases()[-1]
    made = api.post("+/releases", {"slug": newest["slug"]["id"], "description": "Retry of v1: Deploy"})
    assert (made["version"], made["current"]) == (newest["version"] + 1, True)
    check_refused(api.call("POST", "+/releases", {"slug": "unknown"}), 404, "not_found")
    check_refused(api.call("POST", "+/releases", {}), 422, "invalid_params")


def test_a_pending_or_failed_release_can_be_forced(api: Api) -> None:
    held = api.post("/sandbox/releases", {"status": "pending"})
    api.patch("+/config-vars", {"BEHIND": str(time.time())})
    assert [item["status"] for item in api.releases()[-2:]] == ["pending", "pending"]
    api.patch(f"/sandbox/releases/{api.address.app}/{held['version']}", {"status": "succeeded"})
    api.settled()
    api.post("/sandbox/releases", {"status": "failed"})
    api.wait(lambda: api.releases()[-1]["status"] == "failed")


@pytest.fixture(scope="module")
def phased(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    directory = app_with(
        tmp_path_factory.mktemp("app"), "release: echo phase of $DYNO with $WORD; sleep 0.3; exit $CODE"
    )
    with throwaway(FAST, directory, {"CODE": "0", "WORD": "first"}) as address:
        yield Api(address)


def app_with(directory: Path, line: str) -> Path:
    for source in APP_DIR.iterdir():
        (directory / source.name).write_text(source.read_text())
    with (directory / "Procfile").open("a") as stream:
        stream.write(line + "\n")
    return directory


def test_a_release_command_runs_as_a_dyno_with_the_new_config(phased: Api) -> None:
    phased.patch("+/config-vars", {"WORD": "second"})
    release_dynos = phased.wait(lambda: [d for d in phased.dynos().values() if d["type"] == "release"])
    assert release_dynos[0]["release"]["version"] == phased.latest()
    phased.settled()
    output: Any = requests.get(phased.releases()[-1]["output_stream_url"], timeout=5).text
    assert output.strip().endswith("with second")
    assert not [d for d in phased.dynos().values() if d["type"] == "release"]


def test_a_release_command_that_fails_fails_the_release(phased: Api) -> None:
    before = phased.latest()
    phased.patch("+/config-vars", {"CODE": "1"})
    phased.wait(lambda: statuses(phased, before) == ("failed",))
    assert phased.get("+/config-vars")["CODE"] == "0"
    formation = {item["type"]: item["quantity"] for item in phased.get("+/formation")}
    assert formation == {"release": 0, "web": 1, "worker": 1}


def test_a_sandbox_whose_first_release_command_fails_says_so(tmp_path: Path) -> None:
    directory = app_with(tmp_path, "release: echo no database; exit 1")
    with (
        pytest.raises(SandboxFailed, match=r"release command of the app failed: no database"),
        throwaway(FAST, directory),
    ):
        pass
