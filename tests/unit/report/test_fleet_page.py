"""The page about a fleet: what it says in every state, what it does not know, hostile names, secrets, many apps."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from fakes.fleet_pages import NEXT, MadeFleet, large, mixed
from fakes.html_reader import Reader
from msgspec.structs import replace

from migrate.fleet.members import AppState, Word
from migrate.report.fleet.rendering import SECTIONS, html
from migrate.report.verdict import Mood
from migrate.secrets import Secret

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">\'"&\x00\ud800'
CANARY = "Canary-p@ss/w&rd<9"


def hostile() -> MadeFleet:
    """A fleet in which every text is an attack."""
    told = {"what": HOSTILE, "next": HOSTILE, "code": HOSTILE, "exit": 3}
    made = MadeFleet(why=HOSTILE, word=Word.STOPPING).app(HOSTILE).app(HOSTILE + "2", 1, AppState.FAILED)
    return made.change(**told).app(HOSTILE + "3", 2, AppState.REFUSED).change(**told)


@pytest.mark.parametrize(
    "made", [MadeFleet().waiting("shop"), MadeFleet().app("shop"), mixed(), hostile(), large(90)]
)
def test_a_page_is_whole_html_with_every_part_no_script_and_no_broken_reference(made: MadeFleet) -> None:
    read = Reader(html(made.page()))

    assert read.open == []
    assert not {"script", "img"} & set(read.tags)
    assert not any(name.startswith("on") or name == "style" for name, _ in read.attributes)
    ids = [value for name, value in read.attributes if name == "id"]
    assert [value for value in ids if value in SECTIONS] == list(SECTIONS)
    assert len(ids) == len(set(ids))
    labels = {word for name, value in read.attributes if name == "aria-labelledby" for word in value.split()}
    links = {value.removeprefix("#") for name, value in read.attributes if name == "href" and value.startswith("#")}
    assert labels | links <= set(ids)


def test_nothing_is_fetched_from_anywhere() -> None:
    page = html(mixed().page())
    read = Reader(page)

    assert {value for name, value in read.attributes if name in {"src", "href"} and value[0] != "#"} == {"data:,"}
    assert "@import" not in page
    assert "url(" not in page
    assert any(value.startswith("default-src 'none'") for name, value in read.attributes if name == "content")


def test_an_app_that_waits_is_told_with_the_strategy_that_it_will_be_moved_by() -> None:
    (row,) = MadeFleet().waiting("shop").page().apps

    assert row.strategy == "documented"


def test_a_page_says_how_the_fleet_stands_what_to_type_and_what_it_cost() -> None:
    text = Reader(html(mixed().page())).text

    for words in (
        "Running, 1 app at work",
        "3 of 9 apps moved",
        NEXT,
        "opened, held for 3 min",
        "failed wiki NOT_DRAINED",
        "The queues are not empty. A worker is stuck.",
        "type next migrate-plan resume mig-wiki",
        "what is true of it: migrate-plan status mig-wiki",
        "type next migrate-plan fleet retry fleet-7f3k2q",
        "Not begun yet: 1 of this wave.",
        "Wave 3: none of 1 has begun.",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("made", "mood", "words"),
    [
        (MadeFleet(word=Word.ENDED).app("shop"), Mood.GOOD, "Done"),
        (MadeFleet(word=Word.ENDED).app("shop", state=AppState.FAILED), Mood.BAD, "Over, but 1 app failed"),
        (MadeFleet(word=Word.ENDED).app("shop", state=AppState.REFUSED), Mood.CARE, "Over, but 1 app not moved"),
        (MadeFleet(word=Word.ENDED).app("shop", state=AppState.ROLLED_BACK), Mood.CARE, "Over, but 1 app not moved"),
        (MadeFleet().app("shop", state=AppState.WORKING), Mood.BUSY, "Running, 1 app at work"),
        (MadeFleet(word=Word.PAUSED).app("shop", state=AppState.WORKING), Mood.CARE, "Paused; no further app begins"),
        (MadeFleet(word=Word.STOPPING).app("shop", state=AppState.WORKING), Mood.CARE, "Stopping, 1 app at work"),
        (
            MadeFleet().app("shop", state=AppState.WORKING).change(lapsed=True),
            Mood.BAD,
            "Nobody works on it, and 1 app may be half moved",
        ),
        (MadeFleet(opened=1).app("shop").waiting("mail", 2), Mood.CARE, "Waits at the gate of wave 2 of 2"),
        (MadeFleet(word=Word.STOPPING).app("shop", state=AppState.FAILED), Mood.BAD, "Stopped"),
        (MadeFleet(word=Word.STOPPING).app("shop", state=AppState.STOPPED), Mood.CARE, "Stopped"),
        (MadeFleet(word=Word.PAUSED).waiting("shop"), Mood.CARE, "Paused; no further app begins"),
        (MadeFleet().waiting("shop"), Mood.CARE, "Nobody works on it"),
    ],
)
def test_every_state_has_a_verdict(made: MadeFleet, mood: Mood, words: str) -> None:
    page = made.page()

    assert page.verdict.mood is mood
    assert page.verdict.headline.startswith(words)
    assert page.verdict.headline in html(page)


def test_a_gate_says_since_when_it_is_closed_and_for_how_long_one_was() -> None:
    waves = MadeFleet(opened=1, now=400.0).app("shop", seconds=100.0).waiting("mail", 2).page().waves
    assert (waves[1].gate, waves[1].held and waves[1].held.seconds) == ("closed: waits for a word", 300.0)

    waves = MadeFleet(opened=2).app("shop", seconds=100.0).app("mail", 2, began=160.0).page().waves
    assert (waves[1].gate, waves[1].held and waves[1].held.seconds) == ("opened", 60.0)

    waves = MadeFleet(auto=True).app("shop", seconds=100.0).app("mail", 2, began=160.0).page().waves
    assert (waves[1].gate, waves[1].held) == ("none: begins after the one before", None)


def figures(made: MadeFleet) -> dict[str, tuple[str, str]]:
    return {figure.name.partition(",")[0]: (figure.value, figure.note) for figure in made.page().figures}


def test_eager_and_brokerless_seconds_are_those_of_all_apps_together() -> None:
    found = figures(MadeFleet(word=Word.ENDED).app("shop", seconds=100.0).app("mail", seconds=200.0))

    assert found["Eager"] == ("4 min", "tasks ran inside their callers")
    assert found["Without a broker"] == ("30.0 s", "at most")


def test_an_app_whose_journal_says_nothing_makes_no_total_smaller_than_it_is() -> None:
    made = MadeFleet(word=Word.ENDED).app("shop", seconds=100.0).app("mail")
    made.change(eager_seconds=None)
    made.journals["mig-mail"] = []

    page = html(made.page())

    assert figures(made)["Eager"][1].endswith("unknown of 1 app")
    assert "How long it was without a broker is unknown of 1 app: its journal does not say." in page
    assert made.page().waves[0].brokerless.unknown == 1
    assert "10.0 s + unknown" in page
    made.journals["mig-shop"] = []
    assert figures(made)["Without a broker"][0] == "unknown"


def test_a_fleet_that_has_changed_nothing_was_neither_eager_nor_without_a_broker() -> None:
    for made in (MadeFleet().waiting("shop"), MadeFleet().app("shop", state=AppState.REFUSED)):
        found = figures(made)
        assert (found["Eager"][0], found["Without a broker"][0]) == ("none", "none")


def test_what_is_written_nowhere_is_unknown_and_not_nothing() -> None:
    (row,) = MadeFleet().waiting("shop").page().apps

    assert row.plan == ""
    assert '<span class="unknown">unknown</span>' in html(MadeFleet().waiting("shop").page())


def test_of_500_apps_every_one_is_in_the_table_and_every_one_that_has_begun_has_a_bar() -> None:
    page = large(500).page()
    text = html(page)

    assert page.unfolded == {1, 2}
    for row in page.apps:
        assert text.count(f'<th scope="row">{row.app}</th>') >= 1
        assert text.count(f"<title>{row.app}: {row.state}") == (2 if row.began else 0)
    assert "440 more" in text
    assert len(text.encode()) < 2_000_000


def test_every_app_that_somebody_must_look_at_is_there_with_its_command() -> None:
    made = MadeFleet(word=Word.STOPPING)
    for number in range(45):
        made.app(f"app-{number:02}", state=AppState.FAILED).change(
            next=f"migrate-plan resume mig-{number:02}", exit=3
        )

    text = Reader(html(made.page())).text

    assert "25 more" in text
    assert all(f"type next migrate-plan resume mig-{number:02} " in text for number in range(45))


def test_no_secret_is_in_a_page_however_it_is_spelled() -> None:
    Secret(CANARY)
    other = "nobody-told-of-this-one"
    for text in (
        f"amqps://user:{CANARY}@host/v and {quote(CANARY, safe='')}",
        f"amqps://user:{other}@host/vhost",
        quote(f"amqps://user:{other}@host/vhost", safe=""),
    ):
        told = {"what": text, "next": text, "code": "NOT_DRAINED", "exit": 3}
        made = MadeFleet(why=text, word=Word.STOPPING).app("shop", state=AppState.FAILED).change(**told)
        made.migrations["mig-shop"] = replace(made.migrations["mig-shop"], from_plan=f"cloudamqp:{text}")
        made.app(text)

        page = html(made.page())

        for spelled in (CANARY, quote(CANARY, safe=""), "Canary-p", other):
            assert spelled not in page
