"""Every link between files of the repository leads somewhere."""

from __future__ import annotations

import pytest
from markdown_pages import ROOT, anchors, links, markdown_files

PAGES = [page.relative_to(ROOT).as_posix() for page in markdown_files()]


def test_the_pages_that_people_look_for_are_there() -> None:
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "runbooks/README.md", "docs/events.md"} <= set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_to_a_file_and_to_a_heading_of_it(name: str) -> None:
    page = ROOT / name
    broken = []
    for link in links(page):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []
