"""What a browser is shown, as named pieces of HTML of which only those are sent again that have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from msgspec import Struct, field

from migrate.report.rendering import SECTIONS, render, section, style_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from migrate.report.page import Page

CALLS: Final = 200
ENTRIES: Final = 200
"""A live page shows so many of the newest; the report has all."""
CARDS: Final = "cards"


class View(Struct, frozen=True):
    """What one page shows at a moment."""

    at: datetime
    title: str = ""
    head: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    """Why it is not what is so now; empty where it is."""


def of_one(page: Page) -> View:
    """Given what is known of a migration, return its view."""
    return View(page.made, _title(page), render("head.html.j2", page=page), {n: section(n, page) for n in SECTIONS})


def of_several(pages: Sequence[Page], at: datetime) -> View:
    """Given what is known of several migrations, return a view with a card for each."""
    cards = render("cards.html.j2", pages=pages)
    return View(at, f"{len(pages)} migrations", render("cards_head.html.j2"), {CARDS: cards})


def document(view: View, nonce: str) -> str:
    """Given a view and a number used once, return the page as it is first sent."""
    html = {name: Markup(text) for name, text in view.sections.items()}  # noqa: S704 -- rendered, and escaped, above
    return render(
        "live.html.j2",
        view=view,
        head=Markup(view.head),  # noqa: S704 -- likewise
        html=html,
        nonce=nonce,
        style=Markup(style_sheet()),  # noqa: S704 -- our own file
    )


def changes(sent: Mapping[str, str], view: View) -> dict[str, str]:
    """Given what a browser has and the newest view, return what it lacks."""
    return {name: html for name, html in view.sections.items() if sent.get(name) != html}


def _title(page: Page) -> str:
    return f"{page.app}: {page.verdict.headline}"
