"""What the survey makes of a whole app: the platform's side always, the broker's where it can be read."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pytest
import requests
from fakes.clock import FakeClock

from migrate.brokers.report import QueueReport, Unreadable, WorkerReport
from migrate.clients.broker import Brokers
from migrate.clients.heroku import Heroku
from migrate.clients.heroku_transport import ACCEPT, HerokuTransport
from migrate.clients.insistence import Briefly
from migrate.cloudamqp import SERVICE, cloudamqp_add_ons, full_plan_name
from migrate.migration import MARKER
from migrate.sandbox.lifecycle import throwaway
from migrate.sandbox.ports import free_port
from migrate.sandbox.settings import SandboxSettings
from migrate.secrets import Secret
from migrate.survey import looking_at, survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.facts import Facts
    from migrate.sandbox.lifecycle import SandboxAddress

pytestmark = pytest.mark.contract

SETTINGS = SandboxSettings(
    formation={"web": 0, "worker": 0},
    other_apps=("second-app",),
    kill_after_seconds=2.0,
    shutdown_seconds=0.5,
    rate_limit=1_000_000,
)


@pytest.fixture(scope="module")
def bare() -> Iterator[SandboxAddress]:
    """An app without dynos whose broker does not answer."""
    with throwaway(SETTINGS.changed({"broker": "none"})) as address:
        yield address


@pytest.fixture(scope="module")
def whole() -> Iterator[SandboxAddress]:
    """The demo app with one worker on a real broker."""
    formation = {"formation": {"web": 0, "worker": 1}}
    with throwaway(SETTINGS.changed(formation)) as address:
        yield address


@pytest.fixture(scope="module")
def platform(bare: SandboxAddress) -> Facts:
    """The facts of the app whose broker does not answer."""
    return surveyed(bare)


@pytest.fixture(scope="module")
def working(whole: SandboxAddress) -> Facts:
    """The facts of the app with a worker, once RabbitMQ lists its consumers, some seconds late."""
    deadline = time.monotonic() + 60
    while not is_at_work(facts := surveyed(whole)):
        assert time.monotonic() < deadline, facts.broker
        time.sleep(0.2)
    return facts


def is_at_work(facts: Facts) -> bool:
    """Whether each of the things that come one after the other when a worker starts can be seen."""
    broker = facts.broker
    queues = isinstance(broker.queues, QueueReport) and broker.queues.live
    return bool(
        queues and broker.consuming_connections and isinstance(broker.workers, WorkerReport) and broker.workers.nodes
    )


@contextlib.contextmanager
def heroku_of(address: SandboxAddress) -> Iterator[Heroku]:
    clock = FakeClock()
    transport = HerokuTransport(Secret(address.token), clock, address.api_url)
    with transport.session:
        yield Heroku(transport, Briefly(clock))


def surveyed(address: SandboxAddress) -> Facts:
    """Return the facts of the app's only add-on."""
    # Without a broker the management API is looked for where nobody listens either.
    brokers = Brokers(address.rabbitmq_api or f"http://127.0.0.1:{free_port()}")
    with heroku_of(address) as heroku:
        (add_on,) = cloudamqp_add_ons(heroku, address.app)
        return survey(heroku, brokers, address.app, add_on, full_plan_name("bunny"))


def call(address: SandboxAddress, method: str, path: str, body: object) -> None:
    headers = {"Authorization": f"Bearer {address.token}", "Accept": ACCEPT}
    answer = requests.request(method, address.api_url + path, json=body, headers=headers, timeout=10)
    assert answer.ok, answer.text


def test_what_is_read_before_a_survey_is_not_read_twice(bare: SandboxAddress) -> None:
    asked: list[str] = []
    transport = HerokuTransport(
        Secret(bare.token), FakeClock(), bare.api_url, on_call=lambda call: asked.append(f"{call.method} {call.path}")
    )
    with transport.session:
        heroku = looking_at(Heroku(transport, Briefly(transport.clock)), bare.app)
        app = heroku.app(bare.app).name
        assert MARKER not in heroku.config_vars(app)
        (add_on,) = cloudamqp_add_ons(heroku, app)
        survey(heroku, Brokers(f"http://127.0.0.1:{free_port()}"), app, add_on, full_plan_name("bunny"))

    assert asked[0].endswith("/releases")
    assert len(asked) == len(set(asked)) > 9


def test_the_platforms_side_is_in_the_facts(bare: SandboxAddress, platform: Facts) -> None:
    facts = platform

    assert (facts.app.name, facts.app.maintenance) == (bare.app, False)
    assert (facts.add_on.plan, facts.add_on.state, facts.add_on.billed_to) == (
        "cloudamqp:lemur",
        "provisioned",
        bare.app,
    )
    assert [(item.app, item.name, item.add_on) for item in facts.attachments] == [
        (bare.app, "CLOUDAMQP", facts.add_on.name)
    ]
    assert facts.own_attachments == ("CLOUDAMQP",)
    assert [(item.type, item.quantity) for item in facts.formation] == [("web", 0), ("worker", 0)]
    assert (facts.dynos, facts.preboot, facts.eager, facts.marker) == ((), False, None, None)


def test_both_plans_are_found_in_the_live_list(platform: Facts) -> None:
    assert platform.current_plan is not None
    assert platform.target_plan is not None
    assert (platform.current_plan.price, platform.target_plan.price) == ("free", "$99/month")
    assert {plan.name.partition(":")[0] for plan in platform.plans} == {SERVICE}


def test_the_newest_release_is_the_current_one(platform: Facts) -> None:
    newest, *older = platform.releases

    assert (newest.current, newest.status) == (True, "succeeded")
    assert older
    assert not [release for release in older if release.current or release.version >= newest.version]


def test_eager_marker_and_copies_of_the_url_are_seen(bare: SandboxAddress) -> None:
    with heroku_of(bare) as heroku:
        url = heroku.config_vars(bare.app)["CLOUDAMQP_URL"]
        pasted = {"CELERY_BROKER": url, "BROKER_HOST": url.rpartition("@")[2], "PLAIN": "amqp"}
        switches = {"CELERY_ALWAYS_EAGER": "True", "MIGRATE_PLAN": "mig-1 by ann"}
        heroku.patch_config_vars(bare.app, {**pasted, **switches})
        facts = surveyed(bare)
        heroku.patch_config_vars(bare.app, dict.fromkeys({**pasted, **switches}))

    assert (facts.eager, facts.marker) == ("True", "mig-1 by ann")
    copies = {item.variable: item for item in facts.copies}
    assert copies.keys() == {"CELERY_BROKER", "BROKER_HOST"}
    assert ":***@" in copies["CELERY_BROKER"].holds
    assert copies["CELERY_BROKER"].doubt == ""
    assert copies["BROKER_HOST"].doubt
    assert url not in repr(facts)


def test_attachments_on_other_apps_and_under_other_names_are_seen(bare: SandboxAddress) -> None:
    with heroku_of(bare) as heroku:
        (add_on,) = cloudamqp_add_ons(heroku, bare.app)
        heroku.attach(bare.app, add_on=add_on.name, name="ALSO")
        heroku.attach("second-app", add_on=add_on.name, name="BORROWED")
        facts = surveyed(bare)
        for item in facts.attachments:
            if item.name != "CLOUDAMQP":
                call(bare, "DELETE", f"/addon-attachments/{item.id}", {})

    assert facts.own_attachments == ("CLOUDAMQP", "ALSO")
    assert {(item.app, item.name) for item in facts.attachments} == {
        (bare.app, "CLOUDAMQP"),
        (bare.app, "ALSO"),
        ("second-app", "BORROWED"),
    }
    assert facts.copies == ()


def test_a_broker_that_does_not_answer_is_unreadable_and_never_zero(platform: Facts) -> None:
    broker = platform.broker

    readings = (broker.version, broker.queues, broker.consumers, broker.workers)
    assert [type(reading) for reading in readings] == [Unreadable] * 4
    reasons = [reading.reason for reading in readings if isinstance(reading, Unreadable)]
    assert ["no answer" in reason for reason in reasons] == [True, True, True, False]
    assert "no AMQP connection" in reasons[-1]


def test_an_app_without_the_variable_has_an_unreadable_broker_that_says_so(bare: SandboxAddress) -> None:
    with heroku_of(bare) as heroku:
        call(bare, "PATCH", "/sandbox/settings", {"provisioning": "async", "provision_seconds": 600})
        made = heroku.create_add_on("second-app", plan="cloudamqp:bunny", name="late-one", attachment="LATE")
        facts = survey(heroku, Brokers(), "second-app", made, "cloudamqp:tiger")
        heroku.delete_add_on("second-app", made.id)

    assert isinstance(facts.broker.queues, Unreadable)
    assert "LATE_URL" in facts.broker.queues.reason
    assert facts.broker.label == facts.broker.workers == facts.broker.queues


def test_a_worker_on_a_real_broker_answers_and_its_queue_is_consumed(working: Facts) -> None:
    broker = working.broker

    assert isinstance(broker.queues, QueueReport)
    assert broker.queues.live
    assert [queue.messages for queue in broker.queues.queues if queue.name == "celery"] == [0]
    assert broker.consumed_queues == ("celery",)
    assert (broker.consuming_connections, working.expected_workers) == (1, 1)
    assert isinstance(broker.label, str)
    assert broker.label.startswith("127.0.0.1/")


def test_what_a_worker_says_has_its_settings_and_no_secret(whole: SandboxAddress, working: Facts) -> None:
    assert isinstance(working.broker.workers, WorkerReport)
    (worker,) = working.broker.workers.nodes
    assert worker.settings["eager_outside_workers"] is True
    assert worker.queues == ("celery",)
    with heroku_of(whole) as heroku:
        variables = heroku.config_vars(whole.app)
    password = variables["CLOUDAMQP_URL"].partition("@")[0].rpartition(":")[2]
    assert len(password) > 20
    assert password not in repr(working)
    assert variables["CLOUDAMQP_APIKEY"] not in repr(working)


def test_the_dyno_of_the_worker_runs_the_current_release(working: Facts) -> None:
    assert [(dyno.name, dyno.state, dyno.version) for dyno in working.dynos] == [
        ("worker.1", "up", working.releases[0].version)
    ]
    assert working.restarted_dynos == 1
