"""The runbooks as the program itself can show them: pages, and the sections that belong to a code.

Which steps there are is read off the pages, and held against the strategies by tests: a shell that completes a name
waits for every import.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

INDEX: Final = "README"
_WAY_BACK_PAGE: Final = "rollback"
_NEAR: Final = 3
_FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^(#+) (.+?)[ ]*$", re.MULTILINE)
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]+")
_LINK: Final = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
_STEP_ROW: Final = re.compile(r"^\| *\d+ *\| *\[([a-z-]+)\]\(\1\.md\) *\|", re.MULTILINE)
"""In the tables of the index."""
_FIRST_LINE: Final = re.compile(r"^    ([a-z]+(?:-[a-z]+)*) +[A-Z]", re.MULTILINE)
"""With which a step begins, where its page says what one sees."""
_JUDGEMENT: Final = re.compile(r"^((Refuse|Ask|Warn|Exit \d+|With anything changed before it is \d+)\.\s+)+")
_SENTENCE: Final = re.compile(r"(.+?\.)(\s|$)", re.DOTALL)


class Topic(Struct, frozen=True):
    """What one name leads to."""

    name: str
    """As it is listed: a step, a page or a code."""
    page: str
    text: str
    """Markdown: the page, or the section under the code's heading."""

    @property
    def is_code(self) -> bool:
        """Whether it is an error's or a finding's code, and the text a section of its page."""
        return _CODE.fullmatch(self.name) is not None and self.name != INDEX

    @property
    def sentence(self) -> str:
        """The first sentence of the text, without the words that judge and without links."""
        _, first, *_ = self.text.split("\n\n")
        plain = " ".join(re.sub(r"\*\*|`", "", without_links(first, self.page)).split())
        plain = _JUDGEMENT.sub("", plain)
        found = _SENTENCE.match(plain)
        return found[1] if found else f"{plain.rstrip(':')}."


@cache
def topics() -> Mapping[str, Topic]:
    """Return what can be looked up: every page by its name, every code, every step without a page of its own."""
    pages = {name: Topic(name, name, text) for name, text in _pages().items()}
    codes = {code: topic for page in pages.values() for code, topic in _codes(page).items()}
    way_back = set(_FIRST_LINE.findall(pages[_WAY_BACK_PAGE].text)) - set(pages)
    return {
        **pages,
        **{name: Topic(name, _WAY_BACK_PAGE, pages[_WAY_BACK_PAGE].text) for name in sorted(way_back)},
        **codes,
    }


def look_up(word: str) -> Topic:
    """Given a step, a page or a code, in any case, return what it leads to; raises UsageError with near names."""
    known = {name.lower(): topic for name, topic in topics().items()}
    spellings = (word.lower(), word.lower().replace("-", "_"), word.lower().replace("_", "-"))
    if found := next((known[spelling] for spelling in spellings if spelling in known), None):
        return found
    near = [known[name].name for name in difflib.get_close_matches(word.lower(), known, _NEAR)]
    raise UsageError(
        "There is no runbook of that name.",
        why=f"Near: {', '.join(near)}." if near else "It is neither a step nor a code of an error or a finding.",
        next=f"migrate-plan runbook {near[0]}" if near else "migrate-plan runbook    (lists them)",
    )


def step_pages() -> tuple[Topic, ...]:
    """Return the pages of the steps of all strategies, in their order."""
    return tuple(topics()[name] for name in dict.fromkeys(_STEP_ROW.findall(topics()[INDEX].text)))


def other_pages() -> tuple[Topic, ...]:
    """Return the pages that belong to no step, the index first."""
    steps = {topic.name for topic in step_pages()}
    own = [topic for topic in topics().values() if topic.name == topic.page and topic.name not in steps]
    return tuple(sorted(own, key=lambda topic: (topic.name != INDEX, topic.name)))


def codes() -> tuple[Topic, ...]:
    """Return the sections of all codes, by the alphabet."""
    return tuple(sorted((topic for topic in topics().values() if topic.is_code), key=lambda topic: topic.name))


def without_links(text: str, page: str) -> str:
    """Given Markdown of a page, return it with links to other pages as names that can be typed.

    Links to the web stay; a link to a code or a page whose name it shows anyway becomes that name.
    """

    def name(link: re.Match[str]) -> str:
        label, target = link.groups()
        if "://" in target:
            return link[0]
        path, _, anchor = target.partition("#")
        goal = path.removesuffix(".md").removeprefix("../") if path else page
        shown = {goal.lower(), anchor.lower()}
        if goal == page or label.strip("`").lower() in shown:
            return label
        return f"{label} (`{path.removeprefix('../')}`)" if "/" in path else f"{label} (page `{goal}`)"

    return _LINK.sub(name, text)


def _codes(page: Topic) -> dict[str, Topic]:
    plain = _FENCE.sub(lambda block: re.sub(r"[^\n]", "x", block[0]), page.text)
    found: dict[str, Topic] = {}
    for heading in _HEADING.finditer(plain):
        if _CODE.fullmatch(heading[2]):
            end = re.compile(rf"^#{{1,{len(heading[1])}}} ", re.MULTILINE).search(plain, heading.end())
            text = page.text[heading.start() : end.start() if end else None].strip() + "\n"
            found[heading[2]] = Topic(heading[2], page.name, text)
    return found


def _pages() -> dict[str, str]:
    folder: Traversable = resources.files("migrate") / "runbooks"
    if not folder.is_dir():  # a checkout: the wheel is made with them inside
        folder = Path(__file__).parents[1] / "runbooks"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".md"))
    return {name.removesuffix(".md"): (folder / name).read_text("utf-8") for name in names}
