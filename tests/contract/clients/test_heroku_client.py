"""Every typed call to Heroku, against the local Heroku over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.http_server import as_json, serving
from local_heroku import LocalHeroku, client_of, local_heroku
from msgspec.structs import replace
from polling import until

from migrate.errors import AccessError, AppUnknown, HerokuRefused, HerokuUnreachable
from migrate.platform import Attachment, Dyno, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.clients.heroku import Heroku

pytestmark = pytest.mark.contract

ORDER = {"plan": "cloudamqp:bunny", "name": "cloudamqp-mig-7f3k2q", "attachment": "NEXT"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalHeroku]:
    with local_heroku() as sandbox:
        yield sandbox


@pytest.fixture
def local(sandbox: LocalHeroku) -> LocalHeroku:
    sandbox.restore()
    return sandbox


@pytest.fixture
def heroku(local: LocalHeroku) -> Iterator[Heroku]:
    with client_of(local.address.api_url, local.address.token) as client:
        yield client.heroku


def test_apps_are_those_that_the_account_sees(local: LocalHeroku, heroku: Heroku) -> None:
    assert [app.name for app in heroku.apps()] == [local.app, "second-app"]


def test_an_app_says_whether_it_is_in_maintenance(local: LocalHeroku, heroku: Heroku) -> None:
    before = heroku.app(local.app)
    local.call("PATCH", f"/apps/{local.app}", {"maintenance": True})
    after = heroku.app(local.app)
    local.call("PATCH", f"/apps/{local.app}", {"maintenance": False})

    assert (before.maintenance, after.maintenance) == (False, True)
    assert before.id == after.id


def test_an_app_that_does_not_exist_is_unknown(heroku: Heroku) -> None:
    with pytest.raises(AppUnknown, match="no app nobody"):
        heroku.app("nobody")


def test_preboot_is_read_from_the_apps_features(local: LocalHeroku, heroku: Heroku) -> None:
    assert not heroku.preboot(local.app)
    local.settings(preboot=True)
    assert heroku.preboot(local.app)


def test_config_vars_are_set_and_unset_in_one_release(local: LocalHeroku, heroku: Heroku) -> None:
    heroku.patch_config_vars(local.app, {"GOES": "1", "CHANGES": "old"})
    before = local.releases()

    heroku.patch_config_vars(local.app, {"GOES": None, "CHANGES": "new", "COMES": "é/&"})

    found = heroku.config_vars(local.app)
    assert {name: found.get(name) for name in ("GOES", "CHANGES", "COMES")} == {
        "GOES": None,
        "CHANGES": "new",
        "COMES": "é/&",
    }
    assert len(local.releases()) == len(before) + 1
    heroku.patch_config_vars(local.app, {"CHANGES": None, "COMES": None})


def test_the_variables_of_a_pending_release_are_readable_while_the_apps_are_stale(
    local: LocalHeroku, heroku: Heroku
) -> None:
    pending = local.call("POST", "/sandbox/releases", {"change": {"PENDING": "1"}})["version"]

    newest = heroku.releases(local.app)[0]
    stale, upcoming = heroku.config_vars(local.app), heroku.release_config_vars(local.app, pending)
    local.call("PATCH", f"/sandbox/releases/{local.app}/{pending}", {"status": "failed"})

    assert (newest.version, newest.status, newest.current) == (pending, "pending", False)
    assert "PENDING" not in stale
    assert upcoming["PENDING"] == "1"
    assert heroku.releases(local.app)[0].status == "failed"


def test_releases_come_newest_first_with_the_one_that_is_current(local: LocalHeroku, heroku: Heroku) -> None:
    heroku.patch_config_vars(local.app, {"NEWEST": str(local.releases()[-1])})

    found = heroku.releases(local.app)

    assert [item.version for item in found] == sorted(local.releases(), reverse=True)[: len(found)]
    assert [item.version for item in found if item.current] == [local.releases()[-1]]
    assert (found[0].status, found[0].description) == ("succeeded", "Set NEWEST config vars")


def test_the_formation_has_quantities_and_commands(local: LocalHeroku, heroku: Heroku) -> None:
    web, worker = heroku.formation(local.app)

    assert [(item.type, item.quantity, item.runs_celery_worker) for item in (web, worker)] == [
        ("web", 0, False),
        ("worker", 0, True),
    ]
    assert heroku.formation("second-app") == ()


def test_scaling_starts_and_ends_dynos_and_makes_no_release(local: LocalHeroku, heroku: Heroku) -> None:
    before = local.releases()

    heroku.scale(local.app, {"worker": 2, "web": 0})
    there = [dyno.name for dyno in heroku.dynos(local.app)]
    heroku.scale(local.app, {"worker": 0})

    assert there == ["worker.1", "worker.2"]
    assert heroku.dynos(local.app) == ()
    assert {item.type: item.quantity for item in heroku.formation(local.app)} == {"web": 0, "worker": 0}
    assert local.releases() == before


def test_the_live_slug_is_released_again_under_words_of_our_own(local: LocalHeroku, heroku: Heroku) -> None:
    live = next(item for item in heroku.releases(local.app) if item.current)
    assert live.slug

    heroku.release_slug(local.app, live.slug, description="Redeploy for mig-7f3k2q (redeploy)")
    newest = heroku.releases(local.app)[0]

    assert (newest.version, newest.slug) == (live.version + 1, live.slug)
    assert newest.description == "Redeploy for mig-7f3k2q (redeploy)"


def test_maintenance_mode_is_switched_on_and_off_without_a_release(local: LocalHeroku, heroku: Heroku) -> None:
    before = local.releases()

    heroku.set_maintenance(local.app, on=True)
    switched = heroku.app(local.app).maintenance
    heroku.set_maintenance(local.app, on=False)

    assert switched
    assert not heroku.app(local.app).maintenance
    assert local.releases() == before


def test_a_process_type_that_the_app_does_not_have_cannot_be_scaled(local: LocalHeroku, heroku: Heroku) -> None:
    with pytest.raises(AppUnknown):
        heroku.scale(local.app, {"clock": 1})


def test_dynos_are_listed_with_the_release_that_they_run(local: LocalHeroku, heroku: Heroku) -> None:
    started = local.call("POST", f"/apps/{local.app}/dynos", {"command": "sleep 60"})

    (dyno,) = heroku.dynos(local.app)
    local.call("POST", f"/apps/{local.app}/dynos/{started['name']}/actions/stop")

    version = local.releases()[-1]
    assert dyno == Dyno(started["id"], started["name"], "run", dyno.state, version, "sleep 60")
    assert dyno.state in {"starting", "up"}


def test_a_one_off_dyno_is_started_in_a_size_shows_its_command_and_is_ended(
    local: LocalHeroku, heroku: Heroku
) -> None:
    command = "env -u CELERY_ALWAYS_EAGER MIGRATE_PLAN_DRAIN=mig-7f3k2q:worker.1:1 sleep 60"

    started = heroku.run_dyno(local.app, command=command, size="Performance-M", seconds=600)
    shown = local.call("GET", f"/apps/{local.app}/dynos/{started.name}")
    heroku.stop_dyno(local.app, started.name)

    assert (started.type, started.command, shown["size"]) == ("run", command, "Performance-M")
    until(lambda: heroku.dynos(local.app) == ())


def test_a_dyno_that_heroku_does_not_start_yet_is_a_conflict(local: LocalHeroku, heroku: Heroku) -> None:
    until(lambda: heroku.dynos(local.app) == ())
    local.fault("error", "POST", f"/apps/{local.app}/dynos", status=409, id="conflict", message="Wait.")

    with pytest.raises(HerokuRefused) as refused:
        heroku.run_dyno(local.app, command="sleep 60", size="Standard-1X", seconds=600)

    assert refused.value.id == "conflict"
    assert heroku.dynos(local.app) == ()


def test_an_add_on_is_ordered_under_its_name_and_its_attachment(local: LocalHeroku, heroku: Heroku) -> None:
    made = heroku.create_add_on(local.app, **ORDER)

    assert (made.name, made.plan, made.service) == ("cloudamqp-mig-7f3k2q", "cloudamqp:bunny", "cloudamqp")
    assert (made.state, made.billed_to) == ("provisioned", local.app)
    assert made.config_vars == ("NEXT_URL", "NEXT_APIKEY")
    assert heroku.add_on(local.app, made.id) == heroku.add_on(local.app, made.name) == made
    assert made in heroku.add_ons(local.app)
    assert "NEXT_URL" in heroku.config_vars(local.app)


def test_a_second_order_under_the_same_name_is_refused(local: LocalHeroku, heroku: Heroku) -> None:
    heroku.create_add_on(local.app, **ORDER)

    with pytest.raises(HerokuRefused) as caught:
        heroku.create_add_on(local.app, **{**ORDER, "attachment": "OTHER"})

    assert "422 invalid_params: Name is already taken" in caught.value.why
    assert len(heroku.add_ons(local.app)) == 2


def test_an_order_does_not_overwrite_an_attachment_that_is_there(local: LocalHeroku, heroku: Heroku) -> None:
    before = heroku.attachments(local.app)

    with pytest.raises(HerokuRefused) as caught:
        heroku.create_add_on(local.app, **{**ORDER, "attachment": "CLOUDAMQP"})

    assert "423 confirmation_required" in caught.value.why
    assert heroku.attachments(local.app) == before


def test_an_add_on_that_is_still_provisioning_has_no_variables(local: LocalHeroku, heroku: Heroku) -> None:
    local.settings(provisioning="async", provision_seconds=600)

    made = heroku.create_add_on(local.app, **ORDER)

    assert (made.state, made.config_vars) == ("provisioning", ())


def test_a_removed_add_on_is_none_and_its_variables_are_gone(local: LocalHeroku, heroku: Heroku) -> None:
    made = heroku.create_add_on(local.app, **ORDER)

    heroku.delete_add_on(local.app, made.id)

    assert heroku.add_on(local.app, made.id) is None
    assert "NEXT_URL" not in heroku.config_vars(local.app)


def test_an_add_on_that_a_foreign_app_uses_is_not_removed(local: LocalHeroku, heroku: Heroku) -> None:
    made = heroku.create_add_on(local.app, **ORDER)
    heroku.attach("second-app", add_on=made.name, name="BORROWED")

    with pytest.raises(HerokuRefused) as caught:
        heroku.delete_add_on(local.app, made.id)

    assert "second-app" in caught.value.why
    assert heroku.add_on(local.app, made.id) == made


def test_an_app_does_not_remove_an_add_on_that_is_billed_to_another(local: LocalHeroku, heroku: Heroku) -> None:
    made = heroku.create_add_on(local.app, **ORDER)
    heroku.attach("second-app", add_on=made.name, name="BORROWED")

    with pytest.raises(AccessError, match="does not let this token do that"):
        heroku.delete_add_on("second-app", made.id)

    assert [item.billed_to for item in heroku.add_ons("second-app")] == [local.app]
    assert heroku.add_on(local.app, made.id) == made


def test_attachments_are_listed_by_app_and_by_add_on(local: LocalHeroku, heroku: Heroku) -> None:
    made = heroku.create_add_on(local.app, **ORDER)
    heroku.attach(local.app, add_on=made.name, name="ALSO")
    heroku.attach("second-app", add_on=made.name, name="BORROWED")

    def names(found: tuple[Attachment, ...]) -> set[tuple[str, str]]:
        return {(item.app, item.name) for item in found if item.add_on == made.name}

    own = {(local.app, "NEXT"), (local.app, "ALSO")}
    assert names(heroku.attachments(local.app)) == own
    assert names(heroku.attachments_of(made.id)) == own | {("second-app", "BORROWED")}
    variables = heroku.config_vars(local.app)
    assert variables["ALSO_URL"] == variables["NEXT_URL"] == heroku.config_vars("second-app")["BORROWED_URL"]


def test_plans_have_names_and_prices(heroku: Heroku) -> None:
    plans = {plan.slug: plan for plan in heroku.plans("cloudamqp")}

    assert plans["bunny-1"] == Plan("cloudamqp:bunny-1", 9900, "month", "ga")
    assert (plans["lemur"].price, plans["bunny-1"].price) == ("free", "$99/month")


def test_plans_of_an_unknown_service_are_not_an_empty_list(heroku: Heroku) -> None:
    with pytest.raises(AppUnknown):
        heroku.plans("nobody-sells-this")


@pytest.mark.parametrize(
    "read",
    [
        lambda heroku: heroku.apps(),
        lambda heroku: heroku.app("demo-app"),
        lambda heroku: heroku.preboot("demo-app"),
        lambda heroku: heroku.releases("demo-app"),
        lambda heroku: heroku.add_on("demo-app", "any"),
        lambda heroku: heroku.attachments("demo-app"),
    ],
)
def test_a_reply_without_the_fields_that_decisions_rest_on_is_an_error(read: Callable[[Heroku], object]) -> None:
    with (
        serving(as_json([{"id": "x"}])) as server,
        client_of(server.url, "any-token") as client,
        pytest.raises(HerokuUnreachable, match="expected shape"),
    ):
        read(client.heroku)


def test_newest_releases_are_asked_for_by_number_and_not_one_more(local: LocalHeroku, heroku: Heroku) -> None:
    for number in range(3):
        heroku.patch_config_vars(local.app, {"TURN": str(number)})

    assert [release.version for release in heroku.releases(local.app, count=2)] == local.releases()[:-3:-1]


def test_a_migration_asks_the_same_once_in_one_breath_and_anew_after_a_write(local: LocalHeroku) -> None:
    with client_of(local.address.api_url, local.address.token) as client:
        heroku = client.heroku.insisting(client.heroku.insist)
        first = [heroku.config_vars(local.app), heroku.config_vars(local.app)]
        heroku.patch_config_vars(local.app, {"TURN": "again"})
        after = heroku.config_vars(local.app)

    assert first[0] == first[1]
    assert after == {**first[0], "TURN": "again"}
    assert [call.method for call in client.calls] == ["GET", "PATCH", "GET"]


def test_no_kept_answer_is_older_than_the_releases_that_it_is_taken_for_part_of(local: LocalHeroku) -> None:
    with client_of(local.address.api_url, local.address.token) as client:
        heroku = client.heroku.sharing()
        heroku.config_vars(local.app)
        with client_of(local.address.api_url, local.address.token) as somebody:
            somebody.heroku.patch_config_vars(local.app, {"TURN": "somebody's"})
        released = heroku.releases(local.app)[0].version
        seen = [heroku.config_vars(local.app), heroku.config_vars(local.app)]

    assert released == local.releases()[-1]
    assert [variables["TURN"] for variables in seen] == ["somebody's", "somebody's"]
    assert len(client.calls) == 3


def test_a_reply_that_cannot_be_understood_is_asked_for_anew(local: LocalHeroku) -> None:
    local.fault("garbage", "GET", f"/apps/{local.app}/dynos")
    with client_of(local.address.api_url, local.address.token) as client:
        heroku = client.heroku.insisting(client.heroku.insist)

        assert heroku.dynos(local.app) == ()


def test_the_variables_of_a_release_that_has_succeeded_are_asked_for_once_and_those_of_a_pending_one_each_time(
    local: LocalHeroku,
) -> None:
    with client_of(local.address.api_url, local.address.token) as client:
        heroku = client.heroku.sharing()
        (release,) = heroku.releases(local.app, count=1)
        pending = replace(release, status="pending")
        asked = {}
        for status, item in (("pending", pending), ("succeeded", release)):
            client.calls.clear()
            for _ in range(3):
                heroku.forget()
                heroku.variables_of(local.app, item)
            asked[status] = len(client.calls)

    assert asked == {"pending": 3, "succeeded": 1}


def test_dynos_are_never_from_a_moment_ago(local: LocalHeroku) -> None:
    with client_of(local.address.api_url, local.address.token) as client:
        heroku = client.heroku.sharing()
        heroku.dynos(local.app)
        heroku.dynos(local.app)

    assert len(client.calls) == 2


def test_that_an_add_on_does_not_exist_is_asked_once_in_one_breath(local: LocalHeroku) -> None:
    with client_of(local.address.api_url, local.address.token) as client:
        heroku = client.heroku.sharing()
        answers = [heroku.add_on(local.app, "cloudamqp-nobodys"), heroku.add_on(local.app, "cloudamqp-nobodys")]

    assert answers == [None, None]
    assert len(client.calls) == 1
