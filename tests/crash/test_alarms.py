"""Alarms come along where that is asked for; whatever CloudAMQP's API does, the migration ends well."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from fakes.cloudamqp_api import FakeCloudAmqpApi, FakeInstance, a_recipient, an_alarm
from fakes.heroku import FakeHeroku
from fakes.http_server import Answer, Asked, as_html, as_json, serving
from fakes.machine import Killed, Machine

from migrate import fault_points
from migrate.clients.cloudamqp_instance import Instances
from migrate.events import StepNoted
from migrate.exits import Exit
from migrate.migration import Choices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from migrate.clients.cloudamqp_instance import Instance

pytestmark = pytest.mark.crash

OLD, NEW = "canary-key-of-cloudamqp-old-1", "canary-key-of-cloudamqp-mig-7f3k2q"
PAGER = "canary-of-the-pager"
QUEUE = {"value_threshold": 1000, "time_threshold": 600, "vhost_regex": "^cloudamqp-old-1$", "queue_regex": ".*"}


class ByUrl(Instances, frozen=True):
    """The fake app has no keys among its variables; each add-on's is known by the address of its broker."""

    def open(self, config_vars: Mapping[str, str], variable: str) -> Instance:
        user = urlsplit(config_vars[variable.replace("_APIKEY", "_URL")]).username
        return super().open({variable: f"canary-key-of-{user}"}, variable)


@pytest.fixture
def api() -> FakeCloudAmqpApi:
    old = FakeInstance(
        [a_recipient(11), a_recipient(12, "pagerduty", PAGER, "pager")],
        [an_alarm(21, "notice", 11), an_alarm(22, "queue", 11, 12, **QUEUE)],
    )
    return FakeCloudAmqpApi({OLD: old, NEW: FakeInstance()})


@pytest.fixture
def machine(api: FakeCloudAmqpApi) -> Iterator[Machine]:
    with serving(api) as server:
        yield Machine("", FakeHeroku(), changes={"copy_alarms": True}, instances=ByUrl(server.url))


def notes(machine: Machine) -> str:
    return " ".join(event.text for event in machine.events if isinstance(event, StepNoted))


def killed_at(machine: Machine, point: str) -> None:
    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    with pytest.raises(Killed), fault_points.armed(die):
        machine.begin()
    machine.store.leases.clear()  # as on one machine, where a dead process is known to be dead


def check_copied(api: FakeCloudAmqpApi) -> None:
    new = api.instances[NEW]
    pager = next(item for item in new.recipients if item["value"] == PAGER)
    assert [(item["type"], item["recipients"]) for item in new.alarms] == [
        ("notice", [1]),
        ("queue", [1, pager["id"]]),
    ]
    assert new.alarms[1]["vhost_regex"] == "^cloudamqp-mig-7f3k2q$"
    assert len(new.recipients) == 2


def test_alarms_and_whom_they_tell_are_on_the_new_add_on(machine: Machine, api: FakeCloudAmqpApi) -> None:
    assert machine.begin().exit == Exit.DONE

    check_copied(api)
    assert "The old add-on has 2 alarms: notice alarm, to Default (ops@example.com), queue alarm" in notes(machine)
    assert "by hand" not in notes(machine)


def test_nobody_is_asked_where_that_is_not_wanted(machine: Machine, api: FakeCloudAmqpApi) -> None:
    machine.changes = {}
    api.trouble = lambda asked: pytest.fail(asked.target)

    assert machine.begin().exit == Exit.DONE
    assert "larm" not in notes(machine)


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
def test_with_both_add_ons_there_the_old_one_is_asked_before_it_goes(
    machine: Machine, api: FakeCloudAmqpApi, strategy: str
) -> None:
    machine.choices = Choices(strategy, copy_alarms=True)

    assert machine.begin().exit == Exit.DONE
    check_copied(api)


@pytest.mark.parametrize("point", ["save-alarms: after done", "drain: after done", "save-topology: after done"])
def test_killed_before_the_removal_the_next_process_reads_them_again(
    machine: Machine, api: FakeCloudAmqpApi, point: str
) -> None:
    killed_at(machine, point)

    assert machine.resume().exit == Exit.DONE
    check_copied(api)


def test_killed_after_the_removal_what_is_a_key_is_left_to_the_operator(
    machine: Machine, api: FakeCloudAmqpApi
) -> None:
    killed_at(machine, "add: after done")
    del api.instances[OLD]

    assert machine.resume().exit == Exit.DONE

    new = api.instances[NEW]
    assert [(item["type"], item["recipients"]) for item in new.alarms] == [("notice", [1]), ("queue", [1])]
    assert "recipient pager (pagerduty), whose key is not known any more" in notes(machine)
    assert "To be done by hand" in notes(machine)


def test_a_second_time_nothing_is_made_twice(machine: Machine, api: FakeCloudAmqpApi) -> None:
    killed_at(machine, "copy-alarms: before done")
    writes = list(api.writes)

    assert machine.resume().exit == Exit.DONE

    assert api.writes == writes
    check_copied(api)


@pytest.mark.parametrize(
    "answer", [as_json({}, 401), as_json({}, 500), as_html("Log in"), as_json({"alarms": []}), as_json([{"id": "x"}])]
)
@pytest.mark.parametrize("key", [OLD, NEW])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whatever_the_api_answers_the_migration_ends_well_and_says_what_is_left(
    machine: Machine, api: FakeCloudAmqpApi, answer: Answer, key: str, method: str
) -> None:
    api.trouble = _trouble(answer, key, method)

    assert machine.begin().exit == Exit.DONE

    said = notes(machine)
    if key == OLD and method == "GET":
        assert "could not be read" in said
        assert "none was copied" in said
    elif key == NEW:
        assert "To be done by hand: " in said
        assert "queue alarm, value_threshold 1000" in said
    assert "heroku addons:open" in said or key == OLD


def _trouble(answer: Answer, key: str, method: str) -> Callable[[Asked], Answer | None]:
    mine = base64.b64encode(f":{key}".encode()).decode()

    def trouble(asked: Asked) -> Answer | None:
        return answer if asked.headers["Authorization"].endswith(mine) and asked.method == method else None

    return trouble


def test_no_key_gets_into_store_or_events(machine: Machine, api: FakeCloudAmqpApi) -> None:
    machine.begin()
    api.trouble = lambda _asked: as_json({"error": PAGER, "key": OLD}, 500)
    another = Machine("", FakeHeroku(), changes={"copy_alarms": True}, instances=machine.instances)
    another.begin()

    everything: list[Any] = [*machine.events, *another.events]
    everything += [machine.store.entries("mig-7f3k2q"), another.store.entries("mig-7f3k2q")]
    assert not [secret for secret in (PAGER, OLD, NEW) if secret in repr(everything)]
