"""From the values of a fleet to its HTML page, with the templates, the style and the masks of every page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from migrate.fleet.members import AppState
from migrate.report.charts import fleet as charts
from migrate.report.fleet.app_rows import LEFT
from migrate.report.fleet.page import in_words
from migrate.report.rendering import document, in_both_widths
from migrate.wording import moment

if TYPE_CHECKING:
    from datetime import datetime

    from markupsafe import Markup

    from migrate.report.fleet.page import FleetPage
    from migrate.report.fleet.waves import Wave

SECTIONS: Final = ("verdict", "attention", "waves", "bars", "slowest", "apps")
"""Parts of a page, in their order; each is a template."""
ROWS: Final = 60
"""So many rows are seen without unfolding anything."""
TROUBLES: Final = 20
"""So many apps that somebody must look at likewise."""
_MEANINGS: Final = {
    LEFT: "Its process died, or was told to end; whoever works on the fleet goes on with it. "
    "It may be eager, or without a broker.",
    AppState.STOPPED: "It was told to stop before its point of no return, and is half moved.",
    AppState.REFUSED: "Nothing was changed.",
    AppState.ROLLED_BACK: "It was led back to its old plan.",
}


def html(page: FleetPage) -> str:
    """Given what a page says, return it as one file that needs nothing else."""
    return document(
        "fleet.html.j2",
        page=page,
        sections=SECTIONS,
        rows_at_most=ROWS,
        troubles_at_most=TROUBLES,
        kinds={str(state): kind for state, kind in charts.KINDS.items()},
        meanings={str(state): text for state, text in _MEANINGS.items()},
        in_words=in_words,
        moment=partial(_moment, page),
        waves_chart=_waves,
        apps_chart=_apps,
    )


def _moment(page: FleetPage, then: datetime) -> str:
    return moment(then, page.made)


def _waves(page: FleetPage) -> tuple[Markup, Markup]:
    period = page.period
    if period is None:
        return in_both_widths("", "")
    return in_both_widths(*(charts.waves(page.waves, period, shape) for shape in (charts.WIDE, charts.NARROW)))


def _apps(wave: Wave) -> tuple[Markup, Markup]:
    return in_both_widths(*(charts.apps(wave, shape) for shape in (charts.WIDE, charts.NARROW)))
