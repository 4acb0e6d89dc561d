"""The page as a whole: hostile names, secrets, long migrations, every state, contrast."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from fakes.html_reader import Reader
from fakes.records import Record, finding, in_drain, previewed, whole
from fakes.report_pages import page_of

from migrate.report.page import NO_RECORD
from migrate.report.rendering import SECTIONS, report, section, style_sheet
from migrate.report.verdict import Mood
from migrate.secrets import Secret

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">\'"&\x00\ud800'
CANARY = "Canary-p@ss/w&rd<9"


def hostile() -> Record:
    """A migration in which every name is an attack."""
    record = previewed(Record(), {**finding(), "what": HOSTILE, "why": HOSTILE, "do": HOSTILE})
    record.begin(steps=(HOSTILE,)).step(HOSTILE).count("preflight", broker=HOSTILE, connections={HOSTILE: 1})
    record.start("drain").look({HOSTILE: 2}).look({HOSTILE: 1}).tell("step.noted", step=HOSTILE, text=HOSTILE)
    record.call(HOSTILE, HOSTILE, None, error=HOSTILE, request_id=HOSTILE)
    named: dict[str, Any] = {
        "variables": [HOSTILE],
        "changed": {HOSTILE: "changed"},
        "attachments": {HOSTILE: HOSTILE},
    }
    record.tell("app.seen", step="verify", add_ons=[{"name": HOSTILE, "plan": None}], unknown=HOSTILE, **named)
    row = {"code": HOSTILE, "subject": HOSTILE, "found": HOSTILE, "recommended": HOSTILE, "verdict": HOSTILE}
    record.tell("doctor", rows=[row]).tell("gate.closed", step=HOSTILE, opens=HOSTILE)
    return record.tell("gate.opened", 1, step=HOSTILE, who=HOSTILE, seconds=1.0).end(3, HOSTILE)


@pytest.mark.parametrize("record", [whole(), in_drain(), Record(), hostile(), in_drain().look({"celery": 4})])
def test_a_page_is_whole_html_with_every_part_and_no_script(record: Record) -> None:
    read = Reader(report(page_of(record)))

    assert read.open == []
    assert "script" not in read.tags
    assert "img" not in read.tags
    assert not any(name.startswith("on") or name == "style" for name, _ in read.attributes)
    assert [value for name, value in read.attributes if name == "id" and value in SECTIONS] == list(SECTIONS)


def test_no_id_is_there_twice_and_every_reference_leads_somewhere() -> None:
    read = Reader(report(page_of(whole())))
    ids = [value for name, value in read.attributes if name == "id"]

    assert len(ids) == len(set(ids))
    labels = {word for name, value in read.attributes if name == "aria-labelledby" for word in value.split()}
    links = {value.removeprefix("#") for name, value in read.attributes if name == "href" and value.startswith("#")}
    assert labels | links <= set(ids)


def test_nothing_is_fetched_from_anywhere() -> None:
    html = report(page_of(whole()))
    read = Reader(html)

    assert {value for name, value in read.attributes if name in {"src", "href"} and value[0] != "#"} == {"data:,"}
    assert "@import" not in html
    assert "url(" not in html
    assert any(value.startswith("default-src 'none'") for name, value in read.attributes if name == "content")


def test_a_page_says_what_happened() -> None:
    text = Reader(report(page_of(whole()))).text

    for words in (
        "0 messages left behind",
        "eager for 34.1 s",
        "came in 20",
        "executed 60",
        "It adds up.",
        "PREBOOT",
        "6f1b2f0c-5d7e-4b0f-9a53-3c1de2b2f1aa",
        "DELETE /apps/shop/addons/cloudamqp-old",
        "another value",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("phase", "holder", "mood", "words"),
    [
        ("done", "", Mood.GOOD, "Done"),
        ("running", "eve@desk pid 1", Mood.BUSY, "Running, at drain"),
        ("running", "", Mood.BAD, "Its process ended without a word, at drain"),
        ("stopped", "", Mood.BAD, "Stopped, at drain"),
        ("rolling-back", "eve@desk pid 1", Mood.BUSY, "Running, on its way back, at drain"),
        ("rolled-back", "", Mood.CARE, "Undone"),
        ("abandoned", "", Mood.CARE, "Given up"),
        ("ended", "", Mood.CARE, "Ended before anything was changed"),
    ],
)
def test_every_state_has_a_verdict(phase: str, holder: str, mood: Mood, words: str) -> None:
    for record in (in_drain(), Record()):
        page = page_of(record, phase, holder)

        assert page.verdict.mood is mood
        assert page.verdict.headline.startswith(words)
        assert words in report(page)


def test_a_stopped_migration_says_what_to_type() -> None:
    assert "migrate-plan resume mig-7f3k2q" in report(page_of(in_drain(), "stopped"))


def test_a_lost_task_of_a_rehearsal_is_no_good_end() -> None:
    tasks = {"shop.ship": {"handed_over": 104, "executed": 103, "lost": 1, "doubled": 0}}
    page = page_of(whole().tell("rehearsal", tasks=tasks))

    assert page.verdict.mood is Mood.BAD
    assert "103 of 104 tasks executed, 1 lost" in page.verdict.facts


def test_a_migration_without_a_record_says_so_and_claims_nothing() -> None:
    text = Reader(report(page_of(Record()))).text

    assert NO_RECORD in text
    assert "messages left behind: unknown" in text
    assert "drain done, by the store" in text


def test_events_that_the_store_did_not_take_are_said() -> None:
    record = in_drain().tell("record.incomplete", missing=12, why="database or disk is full")

    assert "12 events of the record could not be written" in report(page_of(record))


def test_no_secret_is_in_a_page_however_it_is_spelled() -> None:
    Secret(CANARY)
    other = "nobody-told-of-this-one"
    record = hostile().tell(
        "step.noted", step="drain", text=f"amqps://user:{CANARY}@host/v and {quote(CANARY, safe='')}"
    )
    record.tell("step.noted", step="drain", text=f"amqps://user:{other}@host/vhost")
    record.tell("step.noted", step="drain", text=quote(f"amqps://user:{other}@host/vhost", safe=""))
    record.call("GET", f"/apps/shop?u={CANARY}").look({CANARY: 1}).end(3, "NOT_DRAINED", why=CANARY)

    html = report(page_of(record))

    for spelled in (CANARY, quote(CANARY, safe=""), "Canary-p", other):
        assert spelled not in html


def test_a_long_migration_still_makes_a_page_of_less_than_two_megabytes() -> None:
    record = in_drain()
    queues = {f"a-queue-with-a-long-name-{number:03}": 1000 - number for number in range(200)}
    for number in range(1440):
        record.look({name: max(0, left - number) for name, left in queues.items()}, 30)
        for _ in range(13):
            record.call("GET", "/apps/shop/addons/01234567-89ab-cdef-0123-456789abcdef", step="drain")
    assert len(record.told) > 20_000

    html = report(page_of(record.done("drain").end()))

    assert len(html.encode()) < 2_000_000
    assert "reads that went well, the oldest ones, are left out here" in html


def test_a_section_can_be_made_by_itself() -> None:
    page = page_of(whole())
    whole_page = report(page)

    for name in SECTIONS:
        assert section(name, page).strip() in whole_page


COLOURS = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")


def schemes() -> list[dict[str, str]]:
    light, dark = (
        dict(COLOURS.findall(part)) for part in style_sheet().split("@media (prefers-color-scheme: dark)")[:2]
    )
    return [light, {**light, **dark}]


def luminance(colour: str) -> float:
    """As https://www.w3.org/TR/WCAG21/#dfn-relative-luminance says."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT = [
    *((ink, paper) for ink in ("ink", "soft", "link", "care", "bad", "eager-ink") for paper in ("paper", "raised")),
    *((mood, f"{mood}-paper") for mood in ("good", "busy", "care", "bad")),
    *((ink, f"{mood}-paper") for ink in ("ink", "soft") for mood in ("good", "busy", "care", "bad")),
    *(("paper", mood) for mood in ("good", "busy", "care", "bad", "soft")),
]


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize(("ink", "paper"), TEXT)
def test_text_can_be_read_on_its_background(scheme: int, ink: str, paper: str) -> None:
    colours = schemes()[scheme]

    assert contrast(colours[ink], colours[paper]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("mark", ["bar", "s0", "s1", "s2", "s3", "s4", "others", "care", "bad"])
def test_what_is_drawn_can_be_told_from_the_paper(scheme: int, mark: str) -> None:
    # As https://www.w3.org/TR/WCAG21/#non-text-contrast has it.
    colours = schemes()[scheme]

    assert contrast(colours[mark], colours["paper"]) >= 2.9


@pytest.mark.parametrize("scheme", [0, 1])
def test_what_is_drawn_in_a_bar_can_be_told_from_it(scheme: int) -> None:
    colours = schemes()[scheme]

    assert contrast(colours["gone"], colours["eager"]) >= 2.9
    assert contrast(colours["eager-edge"], colours["eager"]) >= 2.9
