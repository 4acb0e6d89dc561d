"""The reports in a real browser: what they ask for, how wide they are, what is seen, heard and printed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.chromium import chromium
from fakes.fleet_pages import MadeFleet, mixed
from fakes.records import Record, in_drain, whole
from fakes.report_pages import page_of

from migrate.fleet.members import AppState
from migrate.report.fleet.rendering import html
from migrate.report.rendering import report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.chromium import Browser

pytestmark = pytest.mark.e2e

LONG = "a-queue-with-a-name-that-no-phone-has-room-for." * 5
HOSTILE = (
    "<script>document.title = 'broken'</script><img src=http://127.0.0.1:9/x onerror=\"document.title='broken'\">"
)
COLLISIONS = """
(() => {
  const boxes = [...document.querySelectorAll('svg text')].filter(t => t.getClientRects().length && t.textContent)
    .map(t => [t.textContent, t.getBoundingClientRect(), t.closest('svg')]);
  const before = (x, y) => x.left >= y.right - 1 || x.top >= y.bottom - 3;
  const apart = (x, y) => before(x, y) || before(y, x);
  return boxes.flatMap(([a, x, c], i) =>
    boxes.slice(i + 1).filter(([b, y, d]) => c === d && !apart(x, y)).map(([b]) => a + ' / ' + b));
})()
"""
OUTSIDE = """
[...document.querySelectorAll('svg')].filter(s => s.getClientRects().length).flatMap(s =>
  [...s.querySelectorAll('text')].filter(t => t.getBoundingClientRect().right > s.getBoundingClientRect().right + 1
    || t.getBoundingClientRect().left < s.getBoundingClientRect().left - 1).map(t => t.textContent))
"""


WIDTHS = """
[...document.querySelectorAll('svg')].filter(s => s.getClientRects().length).map(s => s.viewBox.baseVal.width)
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def hard() -> Record:
    """A migration with long and hostile names, resumed twice, with a gate."""
    record = in_drain().look({LONG: 40, HOSTILE: 3, **{f"queue-{n}": n for n in range(9)}}).look({LONG: 9})
    record.end(3, "NOT_DRAINED").begin(resumed=True, eager_since=record.now.isoformat()).start("drain", 60).look(
        {LONG: 8}
    )
    record.begin(resumed=True).start("drain", 5).look({LONG: 2}).look({LONG: 0}).done("drain")
    record.tell("gate.closed", step="remove", opens="migrate-plan continue mig-7f3k2q")
    record.tell("gate.opened", 60, step="remove", who=HOSTILE, seconds=60).tell(
        "step.noted", step="remove", text=HOSTILE
    )
    return record.call("GET", f"/apps/{LONG}", None, error=LONG).call("GET", f"/apps/{LONG}", step=HOSTILE)


def hard_fleet() -> MadeFleet:
    """A fleet with long and hostile names, one of which failed with as much to say."""
    made = mixed().app(LONG, 3).app(HOSTILE, 3, AppState.FAILED)
    return made.change(code="NOT_DRAINED", what=f"{LONG} {HOSTILE}", next=f"migrate-plan resume {LONG}", exit=3)


PAGES = {
    "whole": lambda: report(page_of(whole())),
    "hard": lambda: report(page_of(hard(), "stopped")),
    "fleet": lambda: html(hard_fleet().page()),
}


@pytest.fixture(params=["whole", "hard"])
def opened(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> str:
    return show(PAGES[request.param](), browser, tmp_path)


@pytest.fixture(params=PAGES)
def any_opened(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> str:
    return show(PAGES[request.param](), browser, tmp_path)


def show(page: str, browser: Browser, tmp_path: Path) -> str:
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    browser.requests.clear()
    browser.errors.clear()
    browser.size(1280)
    browser.open(path.as_uri())
    return path.as_uri()


def test_it_asks_for_nothing_but_itself_and_nothing_complains(browser: Browser, any_opened: str) -> None:
    browser.see("document.querySelectorAll('details').forEach(each => each.open = true)")
    browser.see("new Promise(done => setTimeout(done, 50))")

    assert browser.requests == [any_opened]
    assert browser.errors == []
    assert "broken" not in browser.see("document.title")


@pytest.mark.parametrize("width", [360, 700, 1280])
def test_it_is_as_wide_as_the_window_and_no_text_of_a_chart_lies_on_another(
    browser: Browser, any_opened: str, width: int
) -> None:
    assert any_opened
    browser.size(width)
    browser.see("document.querySelectorAll('details').forEach(each => each.open = true)")

    assert browser.see("document.documentElement.scrollWidth") <= width
    assert browser.see(COLLISIONS) == []
    assert browser.see(OUTSIDE) == []
    hidden = "[...document.querySelectorAll('svg *')].filter(e => getComputedStyle(e).clipPath !== 'none').length"
    assert browser.see(hidden) == 0


def test_the_chart_of_a_phone_is_another_one_than_that_of_a_screen(browser: Browser, opened: str) -> None:
    assert opened
    shown: dict[int, Any] = {}
    for width in (360, 1280):
        browser.size(width)
        shown[width] = browser.see(WIDTHS)

    assert shown == {360: [360, 360], 1280: [960, 960]}


def test_it_is_dark_where_the_system_is(browser: Browser, opened: str) -> None:
    assert opened
    looks = {}
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        looks[scheme] = browser.see(
            "[getComputedStyle(document.body).backgroundColor, "
            "getComputedStyle(document.querySelector('.wide .name')).fill]"
        )
    browser.scheme("light")

    assert looks == {
        "light": ["rgb(255, 255, 255)", "rgb(27, 31, 36)"],
        "dark": ["rgb(14, 17, 22)", "rgb(230, 234, 239)"],
    }


def test_a_reader_of_screens_finds_charts_headings_and_tables(browser: Browser, opened: str) -> None:
    assert opened
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    found: dict[str, set[str]] = {}
    for node in nodes:
        if not node.get("ignored"):
            found.setdefault(node["role"]["value"], set()).add(node.get("name", {}).get("value", ""))

    told = " ".join(found["image"])
    assert "Steps over time" in told
    assert "Messages in the work queues over time" in told
    assert {"Steps over time", "Where the messages went", "Calls to Heroku"} <= found["heading"]
    assert {"main", "navigation", "banner", "contentinfo"} <= set(found)
    assert "columnheader" in found


def test_it_can_be_printed(browser: Browser, any_opened: str, tmp_path: Path) -> None:
    assert any_opened
    browser.print_to(tmp_path / "report.pdf")

    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
