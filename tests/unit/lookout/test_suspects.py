"""What is said about a leak: the facts, then who is probably behind it, then what to type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fakes.statistics import a_client
from msgspec.structs import replace

from migrate.lookout.leaks import Leak, Origin, Publisher
from migrate.lookout.suspects import Setting, facts, suspects
from migrate.platform import Dyno, ProcessType

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
SETTING = Setting("shop", version=12, eager_for=100.0, reads_variable=True)
WEB = Dyno("d1", "web.1", "web", "up", 12)


def a_leak(*origins: Origin, age: float | None = 280.0, **changes: Any) -> Leak:
    publishers = tuple(Publisher(a_client(published=12, age=age), 12, origin) for origin in origins)
    certain = any(origin is not Origin.BESIDE for origin in origins)
    return replace(Leak(6.0, {"celery": 12}, publishers, {"shop.tasks.sync": 12}, certain), **changes)


def causes(leak: Leak, **changes: Any) -> list[str]:
    return [item.because for item in suspects(leak, replace(SETTING, **changes))]


def test_the_facts_name_queue_rate_connection_age_and_task() -> None:
    assert facts(a_leak(Origin.OLDER), SETTING, NOW) == (
        "celery still gets tasks: 12 in 6 s, 2 a second. 12 messages came from 10.1.2.3:4567 (py-amqp 5.4.2, opened "
        "14:00:20 UTC, 3 min before eager mode was asked for). Recently the workers took shop.tasks.sync (12)."
    )


def test_a_younger_connection_is_told_by_its_address() -> None:
    elsewhere = facts(a_leak(Origin.ELSEWHERE, age=40), SETTING, NOW)
    beside = facts(a_leak(Origin.BESIDE, age=40), SETTING, NOW)

    assert "60 s after eager mode was asked for); no worker consumes from that address." in elsewhere
    assert "by its address it may be a worker" in beside
    assert "All of it may come from the workers' own tasks, such as chains: that cannot be told." in beside


def test_unknown_ages_are_left_out() -> None:
    assert "(py-amqp 5.4.2)." in facts(a_leak(Origin.ELSEWHERE, age=None), SETTING, NOW)
    assert "opened 14:04:20 UTC)." in facts(a_leak(Origin.ELSEWHERE, age=40), replace(SETTING, eager_for=None), NOW)


def test_of_many_connections_some_are_named_and_the_rest_is_counted() -> None:
    assert "2 more connections published." in facts(a_leak(*[Origin.OLDER] * 5), SETTING, NOW)


def test_connections_that_were_closed_at_once_are_said_to_be() -> None:
    assert "No connection that published them is open now" in facts(a_leak(), SETTING, NOW)


def test_a_dyno_of_an_older_release_is_named_with_what_stops_it() -> None:
    one_off = Dyno("d2", "run.77", "run", "up", 11)

    first = suspects(a_leak(Origin.OLDER), replace(SETTING, dynos=(WEB, one_off)))[0]

    assert first.because == "run.77 runs a release from before v12, which still publishes here"
    assert first.do.startswith("heroku ps:stop -d run.77 --app shop")


def test_an_older_connection_with_preboot_is_an_unlisted_web_dyno() -> None:
    assert causes(a_leak(Origin.OLDER), preboot=True)[0].startswith("preboot keeps old web dynos alive")


def test_an_older_connection_of_no_dyno_is_another_app_that_has_the_add_on() -> None:
    (only,) = suspects(a_leak(Origin.OLDER), replace(SETTING, attached_to=("reports",)))

    assert only.because == "reports has the add-on attached, and publishes to it as ever"
    assert only.do.startswith("heroku ps --app reports")


def test_an_older_connection_that_nothing_explains_is_a_pasted_url() -> None:
    (only,) = causes(a_leak(Origin.OLDER))

    assert "a process outside this app has the broker's URL" in only


def test_among_processes_of_this_release_the_likeliest_is_an_app_that_does_not_read_the_variable() -> None:
    beat = ProcessType("clock", 1, "celery -A shop beat")

    found = causes(a_leak(Origin.ELSEWHERE), reads_variable=False, formation=(beat,))

    assert found[0] == "the app does not read CELERY_ALWAYS_EAGER"
    assert found[1] == "beat (clock) publishes what it knows by name only"
    assert found[2].startswith("the app calls send_task")
    assert found[3].startswith("a process outside this app")


def test_an_app_that_shows_that_it_reads_the_variable_is_not_accused() -> None:
    assert not any("CELERY_ALWAYS_EAGER" in cause for cause in causes(a_leak(Origin.ELSEWHERE), reads_variable=True))


def test_an_app_whose_workers_could_not_show_it_may_not_read_the_variable() -> None:
    assert causes(a_leak(Origin.ELSEWHERE), reads_variable=None)[0] == "the app may not read CELERY_ALWAYS_EAGER"


def test_a_beat_that_does_not_run_is_no_suspect() -> None:
    beat = ProcessType("clock", 0, "celery -A shop beat")

    assert not any("beat" in cause for cause in causes(a_leak(Origin.ELSEWHERE), formation=(beat,)))


def test_there_is_always_a_suspect() -> None:
    assert all(suspects(a_leak(*origins), Setting("shop")) for origins in ((), *((origin,) for origin in Origin)))


def test_over_a_bridge_nobody_is_blamed_for_what_eager_mode_does_not_reach() -> None:
    first, *others = suspects(a_leak(), Setting("shop", version=12, bridged=True, reads_variable=False))

    assert first.because.startswith("something in the app publishes on a connection of its own")
    assert not [item for item in (first, *others) if "eager" in item.because or "send_task" in item.because]
