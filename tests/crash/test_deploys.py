"""The release that an operator wants besides, made once by the slug or by a command, whatever happens in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from msgspec.structs import replace

from migrate.changes import deploys as deploys_module
from migrate.changes.deploys import deploy_of
from migrate.errors import HerokuRefused, OutcomeUnknown, UsageError
from migrate.events import CommandEnded, CommandStarted, StepNoted, StepWaiting
from migrate.exits import Exit
from migrate.interruption import Interruption
from migrate.migration import Choices
from migrate.planning import opening
from migrate.survey import survey
from migrate.ways import adoption

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.events import Event

pytestmark = pytest.mark.crash

ID = "mig-7f3k2q"
PUSH = "git push heroku main"
SLUG_WRITES = ("set eager", "redeploy", "remove", "add", "unset eager", "redeploy")
DESCRIPTIONS = [f"Redeploy for {ID} (redeploy)", f"Redeploy for {ID} (redeploy-again)"]


def by_slug(**choices: Any) -> Machine:
    return Machine("", FakeHeroku(), choices=Choices(**{"deploy": "slug", **choices}))


def by_command(**choices: Any) -> Machine:
    machine = by_slug(**{"deploy": f"command: {PUSH}", **choices})
    machine.shell.run = lambda: pushed(machine)
    return machine


def pushed(machine: Machine, status: int = 0) -> int:
    machine.heroku.push()
    return status


def deploys(machine: Machine) -> list[str]:
    return [item.description for item, _ in machine.heroku.log if item.description.startswith(("Redeploy", "Deploy"))]


def notes(machine: Machine) -> str:
    return " ".join(event.text for event in machine.events if isinstance(event, StepNoted))


def killed_after(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()
    machine.on_event = lambda _event: None
    machine.store.leases.clear()


def test_the_slug_is_released_again_after_each_change_of_variables() -> None:
    machine = by_slug()

    assert machine.begin().exit == Exit.DONE
    assert tuple(machine.heroku.writes) == SLUG_WRITES
    assert deploys(machine) == DESCRIPTIONS


def test_the_command_runs_after_each_change_of_variables_and_its_release_is_waited_for() -> None:
    machine = by_command()
    machine.shell.looks = 5

    assert machine.begin().exit == Exit.DONE
    assert machine.shell.commands == [PUSH, PUSH]
    assert deploys(machine) == ["Deploy 1a2b3c4"] * 2
    started = [event for event in machine.events if isinstance(event, CommandStarted)]
    ended = [event for event in machine.events if isinstance(event, CommandEnded)]
    assert [(event.step, event.command) for event in started] == [("redeploy", PUSH), ("redeploy-again", PUSH)]
    assert [event.status for event in ended] == ["0", "0"]


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
def test_with_two_add_ons_likewise(strategy: str) -> None:
    machine = by_slug(strategy=strategy)

    assert machine.begin().exit == Exit.DONE
    assert deploys(machine) == DESCRIPTIONS


def test_workers_are_at_rest_when_it_begins() -> None:
    machine = by_command()
    consuming: list[tuple[str, ...]] = []

    def look() -> int:
        brokers = machine.heroku.brokers.values()
        consuming.extend(broker.consuming for broker in brokers if not broker.gone)
        return pushed(machine)

    machine.shell.run = look

    assert machine.begin().exit == Exit.DONE
    assert consuming == [(), ()]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Killed(), OutcomeUnknown("no reply")])
def test_killed_or_left_without_a_reply_around_the_release_of_the_slug(
    number: int, moment: str, error: BaseException
) -> None:
    machine = by_slug()
    setattr(machine.heroku, moment, once("redeploy", error, number))

    result = machine.finish()
    if result.exit != Exit.DONE:
        assert result.next[0].startswith("heroku releases --app shop")
        result = machine.resume()

    assert result.exit == Exit.DONE
    assert tuple(machine.heroku.writes) == SLUG_WRITES


def test_a_refused_release_is_made_on_resume() -> None:
    machine = by_slug()
    machine.heroku.before = once("redeploy", HerokuRefused("no", why="not today"))

    assert machine.begin().exit == Exit.RESUMABLE
    assert machine.heroku.broker_of("cloudamqp-old-1").consumers(), "the workers were not put back"
    assert machine.resume().exit == Exit.DONE
    assert tuple(machine.heroku.writes) == SLUG_WRITES


@pytest.mark.parametrize("write", ["redeploy", "push"])
def test_a_release_that_fails_is_made_again_on_resume(write: str) -> None:
    machine = by_slug() if write == "redeploy" else by_command()
    machine.heroku.fails = {write}

    assert machine.begin().code == "RELEASE_FAILED"
    machine.heroku.fails = set()
    assert machine.resume().exit == Exit.DONE
    assert len(deploys(machine)) == 3


def test_a_command_that_fails_stops_it_with_words_and_runs_again_on_resume() -> None:
    machine = by_command()
    machine.shell.run = lambda: 128

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "DEPLOY_FAILED")
    assert stopped.why == "It ended with status 128. Its own words are above."
    assert "CELERY_ALWAYS_EAGER=True is set" in stopped.state
    assert stopped.next[-1] == f"migrate-plan resume {ID}"
    assert stopped.back
    assert machine.heroku.broker_of("cloudamqp-old-1").consumers(), "the workers were not put back"
    machine.shell.run = lambda: pushed(machine)
    assert machine.resume().exit == Exit.DONE


def test_ctrl_c_ends_the_command_and_leaves_nothing_in_doubt() -> None:
    machine = by_command()

    def interrupted() -> int:
        machine.interruption.ask(Exit.INTERRUPTED)
        return 130

    machine.shell.run = interrupted

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.INTERRUPTED, "INTERRUPTED")
    assert machine.heroku.broker_of("cloudamqp-old-1").consumers(), "the workers were not put back"
    machine.interruption = Interruption()
    machine.shell.run = lambda: pushed(machine)
    assert machine.resume().exit == Exit.DONE
    assert "was killed" not in notes(machine)


def test_workers_that_may_not_have_been_restarted_are_said_to_be_off_their_queues() -> None:
    machine = by_slug()
    machine.heroku.before = once("redeploy", OutcomeUnknown("no reply"))

    assert "Workers that no release has restarted are off their queues" in machine.begin().state


def test_a_command_that_fails_after_it_has_released_something_is_told_so_and_that_is_the_deploy() -> None:
    machine = by_command()
    machine.shell.run = lambda: pushed(machine, status=1)

    assert "v3 has come meanwhile, which is live." in machine.begin().why
    machine.shell.run = lambda: pushed(machine)
    assert machine.resume().exit == Exit.DONE
    assert len(deploys(machine)) == 2


def test_workers_stay_at_rest_while_the_release_of_a_command_that_failed_is_on_its_way() -> None:
    machine = by_command()

    def left_pending() -> int:
        pushed(machine)
        turn(machine, "pending")
        return 128

    machine.shell.run = left_pending

    stopped = machine.begin()

    assert stopped.code == "DEPLOY_FAILED"
    assert "v3 has come meanwhile, which is not live yet." in stopped.why
    assert machine.heroku.broker_of("cloudamqp-old-1").consumers() == (), "its going live would kill their tasks"
    assert "off their queues, where tasks wait; resuming puts them back" in stopped.state
    turn(machine, "succeeded")
    machine.shell.run = lambda: pushed(machine)
    assert machine.resume().exit == Exit.DONE
    assert machine.shell.commands == [PUSH] * 2


def test_a_command_whose_release_failed_with_it_leaves_the_workers_on_their_queues_and_runs_again() -> None:
    machine = by_command()
    machine.heroku.fails = {"push"}
    machine.shell.run = lambda: pushed(machine, status=1)

    stopped = machine.begin()

    assert "v3 has come meanwhile, which failed." in stopped.why
    assert machine.heroku.broker_of("cloudamqp-old-1").consumers(), "the workers were not put back"
    machine.heroku.fails = set()
    machine.shell.run = lambda: pushed(machine)
    assert machine.resume().exit == Exit.DONE


@pytest.mark.parametrize("way", ["command", "release"])
def test_a_deploy_that_keeps_failing_after_the_removal_can_be_done_without(way: str) -> None:
    machine = by_command(maintenance=True) if way == "command" else by_slug(maintenance=True)

    def run() -> int:
        return 1 if "remove" in machine.heroku.writes else pushed(machine)

    def fail(write: str) -> None:
        machine.heroku.fails = {"redeploy"} if write == "redeploy" and "remove" in machine.heroku.writes else set()

    machine.shell.run, machine.heroku.before = run, fail

    stopped = machine.begin()
    assert stopped.choices == (f"migrate-plan resume {ID} --accept DEPLOY_FAILED    (go on without it)",)
    migration = machine.store.record(ID).migration
    machine.store.accept(migration, ("DEPLOY_FAILED",))

    assert machine.resume().exit == Exit.DONE
    assert not machine.heroku.maintenance
    assert machine.heroku.broker_of(f"cloudamqp-{ID}").consumers(), "the workers were not put back"
    assert "That was accepted, so it goes on without this deploy." in notes(machine)


def test_a_command_that_makes_no_release_is_no_deploy() -> None:
    machine = by_command()
    machine.shell.run = lambda: 0

    stopped = machine.begin()

    assert stopped.code == "DEPLOY_FAILED"
    assert "no release has come after v2: perhaps nothing was new, or your command does not wait" in stopped.why


def test_a_command_that_cannot_be_started_is_no_deploy() -> None:
    machine = by_command()

    def start(_command: str) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    machine.shell.start = start  # type: ignore[method-assign, assignment]  # a shell that is not there

    assert machine.begin().why.startswith("It could not be started: No such file or directory.")


def test_killed_while_the_command_runs_and_nothing_came_of_it_it_is_said_and_runs_again() -> None:
    machine = by_command()
    machine.shell.run = dying(lambda: None)

    with pytest.raises(Killed):
        machine.begin()
    machine.store.leases.clear()
    machine.shell.run = lambda: pushed(machine)

    assert machine.resume().exit == Exit.DONE
    assert machine.shell.commands == [PUSH] * 3
    assert deploys(machine) == ["Deploy 1a2b3c4"] * 2
    assert "killed while it deployed, and there is no release of it" in notes(machine)


def test_killed_while_the_command_runs_its_release_is_found_and_it_is_not_run_again() -> None:
    machine = by_command()
    machine.shell.run = dying(machine.heroku.push)

    with pytest.raises(Killed):
        machine.begin()
    machine.store.leases.clear()
    machine.shell.run = lambda: pushed(machine)

    assert machine.resume().exit == Exit.DONE
    assert machine.shell.commands == [PUSH] * 2
    assert deploys(machine) == ["Deploy 1a2b3c4"] * 2


def test_a_command_that_outlives_its_process_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = by_command()
    machine.shell.run = dying(lambda: None)
    with pytest.raises(Killed):
        machine.begin()
    machine.store.leases.clear()
    alive = [True] * 3
    monkeypatch.setattr(deploys_module, "_lives", lambda _process: bool(alive) and alive.pop())

    def look(event: Event) -> None:
        if isinstance(event, StepWaiting) and "earlier process still runs" in event.reason and not alive:
            machine.heroku.push()

    machine.on_event = look
    machine.shell.run = lambda: pushed(machine)

    assert machine.resume().exit == Exit.DONE
    assert machine.shell.commands == [PUSH] * 2
    assert deploys(machine) == ["Deploy 1a2b3c4"] * 2


def test_the_way_back_waits_too_for_a_command_that_outlives_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = by_command()
    machine.shell.run = dying(lambda: None)
    with pytest.raises(Killed):
        machine.begin()
    machine.store.leases.clear()
    alive = [True] * 3
    monkeypatch.setattr(deploys_module, "_lives", lambda _process: bool(alive) and alive.pop())
    overtaken: list[str] = []
    machine.heroku.before = lambda write: overtaken.append(write) if alive else None

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert overtaken == []
    assert machine.shell.commands == [PUSH]


def test_the_way_back_deploys_nothing() -> None:
    machine = by_command()
    killed_after(machine, "drain")

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert machine.shell.commands == [PUSH]


@pytest.mark.parametrize("step", ["redeploy", "drain", "remove", "add"])
def test_another_machine_without_the_store_does_not_release_the_slug_again(tmp_path: Path, step: str) -> None:
    machine = by_slug()
    killed_after(machine, step)
    heir = Machine(f"sqlite:///{tmp_path / 'another'}", machine.heroku, machine.clock)
    fake: Any = machine.heroku

    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    assert heir.resume().exit == Exit.DONE
    assert tuple(machine.heroku.writes) == SLUG_WRITES


@pytest.mark.parametrize(
    ("deploy", "command", "intended"),
    [
        ("slug", "heroku releases:retry --app shop", "one more release, of the slug that is live"),
        (f"command: {PUSH}", PUSH, "the command run in your shell, its release live on every dyno"),
    ],
)
def test_the_preview_shows_what_is_deployed(deploy: str, command: str, intended: str) -> None:
    machine = by_slug(deploy=deploy)
    fake: Any = machine.heroku
    facts = survey(fake, fake, "shop", fake.add_ons("shop")[0], "cloudamqp:bunny")

    steps = {step.step: step for step in opening.preview(facts, machine.migration()).steps}

    assert (steps["redeploy"].command, steps["redeploy"].intended) == (command, intended)
    assert steps["redeploy-again"].command == command


def test_an_app_without_a_slug_is_refused_before_anything_is_done() -> None:
    machine = by_slug()
    machine.heroku.deployed = False
    machine.heroku.log.clear()
    machine.heroku._release("Initial release", machine.heroku.requested)

    with pytest.raises(UsageError, match="no slug to release again"):
        machine.begin()


@pytest.mark.parametrize("text", ["", "push", "command:", "command:   ", "slug again", "Release"])
def test_what_is_no_way_to_deploy_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="There is no deploy"):
        deploy_of(text)


def test_a_command_with_a_password_in_a_url_is_refused_because_it_would_be_kept() -> None:
    with pytest.raises(UsageError, match="a URL with a user") as refused:
        deploy_of("command: git push https://ann:canary-token@git.heroku.com/shop.git main")
    assert "canary" not in f"{refused.value.what}{refused.value.why}{refused.value.next}"


@pytest.mark.parametrize(
    "command",
    [
        "HEROKU_API_KEY=canary-token ./deploy.sh",
        "export token='canary-token'; ./deploy.sh",
        "./deploy.sh --api-key=canary-token",
        "curl -H 'Authorization: Bearer canary-token' https://ci.example/deploy",
    ],
)
def test_a_command_with_what_looks_like_a_secret_is_refused_without_saying_it(command: str) -> None:
    with pytest.raises(UsageError, match="seems to have a secret in it") as refused:
        deploy_of(f"command: {command}")
    assert "canary" not in f"{refused.value.what}{refused.value.why}{refused.value.next}"


@pytest.mark.parametrize(
    "command", ['HEROKU_API_KEY="$CI_KEY" ./deploy.sh', 'curl -H "Authorization: Bearer $CI_TOKEN" ci', "make key"]
)
def test_a_command_that_looks_a_secret_up_is_none(command: str) -> None:
    assert deploy_of(f"command: {command}") == f"command: {command}"


def test_a_command_with_a_secret_that_is_known_by_then_is_refused_before_anything_is_done() -> None:
    machine = by_command(deploy="command: ./deploy.sh canary-cloudamqp-old-1")

    with pytest.raises(UsageError, match="seems to have a secret in it"):
        machine.begin()


def test_the_ways_to_deploy_are_kept_in_one_form() -> None:
    assert [deploy_of(text) for text in ("release", "slug", "command:  make deploy ")] == [
        "release",
        "slug",
        "command: make deploy",
    ]


def turn(machine: Machine, status: str) -> None:
    """Let the newest release become so."""
    release, config = machine.heroku.log[-1]
    machine.heroku.log[-1] = (replace(release, status=status), config)


def dying(first: Callable[[], None]) -> Callable[[], int]:
    def run() -> int:
        first()
        raise Killed

    return run


def once(write: str, error: BaseException, number: int = 1) -> Callable[[str], None]:
    met: list[str] = []

    def call(now: str) -> None:
        if now == write:
            met.append(now)
            if len(met) == number:
                raise error

    return call
