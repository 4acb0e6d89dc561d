"""From values to HTML. Whatever text comes in is escaped, and no script is in the page at all."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from migrate.report.charts import depth, timeline
from migrate.report.charts.scale import short
from migrate.report.durations import took
from migrate.secrets import redact_fault

if TYPE_CHECKING:
    from datetime import datetime

    from migrate.report.page import Page

SECTIONS: Final = (
    "verdict",
    "timeline",
    "depths",
    "messages",
    "comparison",
    "configuration",
    "findings",
    "calls",
    "events",
)
"""Parts of a page, in their order; each is a template."""
_ROWS: Final = 60
"""So many looks stand in the table beside the chart."""


def report(page: Page) -> str:
    """Given what a page says, return it as one file that needs nothing else."""
    return document("report.html.j2", page=page, sections=SECTIONS)


def document(template: str, **values: Any) -> str:
    """Given a template that is a whole page and its values, return one file that needs nothing else."""
    style = style_sheet()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return render(template, policy=policy, style=Markup(style), **values)  # noqa: S704 -- our own file


def section(name: str, page: Page) -> str:
    """Given the name of a section and a page, return that section."""
    return render(f"sections/{name}.html.j2", page=page)


def render(template: str, **values: Any) -> str:
    """Given a template and its values, return the HTML, with secrets masked once more."""
    html = _environment().get_template(template).render(**values)
    return redact_fault(html.encode("utf-8", "replace").decode())


@cache
def style_sheet() -> str:
    """Return the style sheet of every page."""
    return (resources.files("migrate.report") / "templates" / "style.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("migrate.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"charts": _charts, "depth_rows": _depth_rows, "short": short}
    environment.filters |= {"clock": _clock, "day": _day, "took": took}
    return environment


def _charts(kind: str, page: Page) -> tuple[Markup, Markup]:
    """Return a chart for a screen and one for a phone."""
    if kind == "timeline":
        return in_both_widths(*(timeline.timeline(page.story, shape) for shape in (timeline.WIDE, timeline.NARROW)))
    return in_both_widths(*(depth.depth(page.depths, page.story, shape) for shape in (depth.WIDE, depth.NARROW)))


def in_both_widths(wide: str, narrow: str) -> tuple[Markup, Markup]:
    """Given a chart as SVG in two widths, return both for a template: the serializer has escaped what is in them."""
    return Markup(wide), Markup(narrow)  # noqa: S704 -- see above


def _depth_rows(page: Page) -> list[tuple[datetime, int, tuple[int, ...], int]]:
    looks = [look for run in page.depths.runs for look in run]
    every = max(1, -(-len(looks) // _ROWS))
    kept = [look for number, look in enumerate(looks) if number % every == 0 or number == len(looks) - 1]
    return [(look.at, look.messages, look.shares, look.others) for look in kept]


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
