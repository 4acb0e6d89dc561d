"""docs/configuration.md lists what may stand in the file and what may not, as the program has it."""

from __future__ import annotations

from markdown_pages import ROOT, fenced, section, table

from migrate.planning.configuration import DECIDED, KEYS, REFUSED, parse

PAGE = ROOT / "docs" / "configuration.md"


def test_the_keys_are_those_of_the_program_with_their_values() -> None:
    listed = {row[0].strip("`"): (row[1], row[2]) for row in table(section(PAGE, "Keys"))}

    assert listed == {
        key: (kind, "from the store" if key in DECIDED else "from the file") for key, kind in KEYS.items()
    }


def test_what_may_not_stand_in_it_is_listed_with_the_reason() -> None:
    listed = {row[0].strip("`"): row[1] for row in table(section(PAGE, "What may not stand in it"))}

    assert listed == dict(REFUSED)


def test_the_example_is_one_that_the_program_takes() -> None:
    (example,) = fenced(PAGE.read_text(), "toml")

    assert set(parse(example, "example").settings("my-app")) == {
        "strategy",
        "drain-timeout",
        "pause",
        "ignore-queue",
        "maintenance",
    }
