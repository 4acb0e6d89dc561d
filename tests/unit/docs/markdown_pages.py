"""The repository's Markdown, read as far as tests need it: headings, anchors, links, tables, code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[3]
RUNBOOKS: Final = ROOT / "runbooks"
PREFLIGHT: Final = RUNBOOKS / "preflight.md"

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+?)\s*$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_INLINE_CODE = re.compile(r"`([^`\n]+)`")


def markdown_files() -> list[Path]:
    """Every Markdown file of the repository, without what tools leave in hidden directories."""
    folders = (path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
    nested = (page for folder in folders for page in folder.rglob("*.md"))
    return sorted([*ROOT.glob("*.md"), *nested])


def runbook_pages() -> dict[str, Path]:
    """The runbooks by name, without their index."""
    return {page.stem: page for page in RUNBOOKS.glob("*.md") if page.name != "README.md"}


def headings(page: Path, level: int | None = None) -> list[str]:
    """The headings of a page, of one level or of all."""
    found = _HEADING.findall(_FENCE.sub("", page.read_text()))
    return [title for marks, title in found if level in {None, len(marks)}]


def section(page: Path, title: str) -> str:
    """What stands under a heading, up to the next one of the same or a higher level."""
    text = page.read_text()
    start = re.search(rf"^(#+) {re.escape(title)}\s*$", text, re.MULTILINE)
    assert start is not None, f"{page.name} has no heading {title}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", _FENCE.sub(lambda found: "x" * len(found[0]), rest), re.MULTILINE)
    return rest[: end.start()] if end else rest


def anchors(page: Path) -> set[str]:
    """What may stand behind # in a link to the page, as GitHub makes it of a heading."""
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in headings(page))
    return {title.replace(" ", "-") for title in plain}


def links(page: Path) -> list[str]:
    """The targets of all links of a page."""
    return _LINK.findall(_FENCE.sub("", page.read_text()))


def table(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, without their heads."""
    rows: list[list[str]] = []
    head = True
    for line in text.splitlines():
        if not line.startswith("|"):
            head = True
        elif set(line) <= set("|- "):
            head = False
        elif not head:
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return rows


def code(page: Path) -> Iterator[str]:
    """Every line of code blocks, and every piece of code within a sentence."""
    for line in page.read_text().splitlines():
        if line.startswith("    ") or re.match(r"^ +(heroku|celery|curl|migrate-plan) ", line):
            yield line.strip()
        else:
            yield from _INLINE_CODE.findall(line)


def fenced(text: str, language: str) -> list[str]:
    """The blocks of a text that are fenced as being in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
