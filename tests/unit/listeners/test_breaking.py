"""Lines that are longer than the terminal is wide."""

from __future__ import annotations

import pytest

from migrate.listeners.breaking import broken


def test_a_line_that_fits_stays_as_it_is() -> None:
    assert broken("12:00:00  drain            done in 3.2 s", 80, 27) == ("12:00:00  drain            done in 3.2 s",)


def test_prose_is_broken_between_words_under_itself() -> None:
    lines = broken(f"12:00:00  drain            {'words and more ' * 8}".rstrip(), 80, 27)

    assert len(lines) > 1
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith(" " * 27) for line in lines[1:])


def test_a_line_with_a_label_is_broken_under_its_text() -> None:
    assert broken(f"     then      {'much to be done ' * 6}".rstrip(), 60)[1].startswith(" " * 15 + "done")


def test_a_command_is_never_broken() -> None:
    line = (
        "  next:    migrate-plan resume mig-7f3k2q --store postgresql://db.example.com/checkpoints --leftovers carry"
    )

    assert broken(line, 80, 11) == (line,)


def test_what_is_said_of_a_command_stands_below_it() -> None:
    line = f"  next:    heroku ps --app shop    ({'start the workers that consume them, ' * 3}or wait)"

    first, *rest = broken(line, 80, 11)

    assert first == "  next:    heroku ps --app shop"
    assert rest[0].startswith(" " * 11 + "(start")


def test_commands_at_the_end_of_a_line_get_a_line_each() -> None:
    ways = "migrate-plan resume mig-7f3k2q --leftovers carry; migrate-plan abandon mig-7f3k2q"

    lines = broken(f"12:00:00  drain            It goes on. What else can be done: {ways}", 80, 27)

    assert lines[0].endswith("What else can be done:")
    assert lines[1:] == (
        "    migrate-plan resume mig-7f3k2q --leftovers carry",
        "    migrate-plan abandon mig-7f3k2q",
    )


@pytest.mark.parametrize("line", ["task.name      handed over   executed   lost   doubled  in all" * 2, "one\n" * 40])
def test_tables_and_texts_of_several_lines_are_left_alone(line: str) -> None:
    assert broken(line, 60) == (line,)
