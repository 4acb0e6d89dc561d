"""The page about a fleet in Markdown."""

from __future__ import annotations

from msgspec.structs import replace

from migrate.events import FleetSeen
from migrate.fleet.rows import FleetRow
from migrate.report.fleet.markdown import markdown

SHOP = FleetRow("shop", 1, "done", "mig-222222", "", "DONE", "moved", "", 40.0, 90.0, "")
MAIL = replace(SHOP, app="mail", wave=2, migration="mig-333333", seconds=300.0, eager_seconds=200.0)
WIKI = replace(
    SHOP,
    app="wiki",
    wave=2,
    state="failed",
    migration="mig-444444",
    code="NOT_DRAINED",
    what="Work | is left <b>.",
    next="migrate-plan resume mig-444444",
    eager_seconds=None,
)
SEEN = FleetSeen(
    fleet="fleet-7f3k2q",
    name="brokers",
    to_plan="cloudamqp:bunny",
    word="stopped",
    why="1 app failed, and no more than 0 may.",
    waves=2,
    gate=0,
    counts={"done": 2, "failed": 1},
    eager_seconds=240.0,
    seconds=400.0,
    apps=(SHOP, MAIL, WIKI),
)


def test_the_page_has_waves_troubles_with_the_next_command_the_slowest_and_the_eager_time() -> None:
    text = markdown(SEEN)

    assert text.startswith("# Fleet brokers to cloudamqp:bunny\n\nfleet-7f3k2q is stopped: 2 done, 1 failed.\n")
    assert "4 min eager over all apps that are done." in text
    assert "| 1 | 1 | 1 done | 90 s | 40 s |" in text
    assert "| 2 | 2 | 1 done, 1 failed | 5 min | 3 min |" in text
    assert "## 1 app to look at" in text
    trouble = "| wiki | failed | NOT_DRAINED | Work \\| is left &lt;b>. | `migrate-plan resume mig-444444` |"
    assert trouble in text
    assert text.index("| mail | 5 min | 3 min |") < text.index("| shop | 90 s | 40 s |")


def test_a_fleet_without_trouble_has_no_such_section() -> None:
    assert "to look at" not in markdown(replace(SEEN, apps=(SHOP, MAIL), why="", word="ended"))
