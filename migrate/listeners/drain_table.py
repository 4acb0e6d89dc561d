"""The queues of a drain, a row each: how much is gone, how it went, and the figures of the last look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len

from migrate.listeners.paper import Characters, cell, fit, plain, styled
from migrate.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text

    from migrate.listeners.levels import Level
    from migrate.listeners.paper import Paper

_FIGURES: Final = {
    "ready": "ready",
    "unacked": "unacknowledged",
    "consumers": "consumers",
    "in/s": "published_per_second",
    "out/s": "delivered_per_second",
}
_NARROWEST_NAME, _WIDEST_NAME = 6, 40
_NARROWEST_BAR, _WIDEST_BAR = 7, 20
_NARROWEST_COURSE, _WIDEST_COURSE = 6, 40
_GAP: Final = 2


def queue_lines(queues: Sequence[Mapping[str, Any]], levels: Mapping[str, Level], paper: Paper) -> list[Text]:
    """Given the queues of the last look and how full they were, return at most ``paper.height`` lines."""
    if paper.height < 1 or not queues:
        return []
    # By the most that was in them, which changes seldom: by what is in them now the rows would jump.
    ordered = sorted(queues, key=lambda queue: (-_peak(queue, levels), queue["name"]))
    # The first line has the heads of the columns.
    shown = ordered if len(ordered) < paper.height else ordered[: max(0, paper.height - 2)]
    lines = []
    if shown:
        table = _Table(shown, paper)
        lines = [table.head(), *(table.row(queue, levels) for queue in shown)]
    if rest := ordered[len(shown) :]:
        lines.append(_others(rest, paper, more=bool(shown)))
    return lines


def _others(rest: Sequence[Mapping[str, Any]], paper: Paper, *, more: bool) -> Text:
    left = sum(queue["ready"] + queue["unacknowledged"] + queue.get("delayed", 0) for queue in rest)
    lead = f"{paper.characters.ellipsis} " if more else ""
    text = f"{lead}{counted(len(rest), 'queue')}{' more' if more else ''}, {counted(left, 'message')} in them"
    return styled(fit(text, paper.width, paper.characters), "dim")


def figure(value: float | None) -> str:
    """Given a figure, return it as it is, and as unknown where it is not known."""
    return "unknown" if value is None else f"{value:.10g}"


def bar(part: float, columns: int, characters: Characters) -> str:
    """Given a part from 0 to 1, return it as a bar, which is full only when all is gone."""
    filled = int(part * columns)
    return characters.full * filled + characters.empty * (columns - filled)


def sparkline(course: Sequence[int], peak: int, characters: Characters) -> str:
    """Given messages over time and the most of them, return a character each; only nothing is the lowest."""
    steps = len(characters.levels) - 1
    return "".join(characters.levels[-(-count * steps // peak) if peak else 0] for count in course)


class _Table:
    """Columns as wide as what is in them; bar and course share what is left, or give way."""

    def __init__(self, queues: Sequence[Mapping[str, Any]], paper: Paper) -> None:
        self._paper = paper
        self._figures = dict(_FIGURES)
        name = max(cell_len(plain(queue["name"])) for queue in queues)
        self._name = min(max(name, _NARROWEST_NAME), _WIDEST_NAME, max(_NARROWEST_NAME, paper.width // 4))
        self._widths = {
            title: max(len(title), *(len(figure(queue.get(key))) for queue in queues))
            for title, key in _FIGURES.items()
        }
        while self._figures and self._room < 0:
            self._figures.popitem()
        self._bar, self._course = _shared(self._room)

    @property
    def _room(self) -> int:
        return self._paper.width - self._name - sum(self._widths[title] + _GAP for title in self._figures)

    def head(self) -> Text:
        return self._line("queue", "drained", "left", {title: title for title in self._figures}, "dim")

    def row(self, queue: Mapping[str, Any], levels: Mapping[str, Level]) -> Text:
        level, characters = levels.get(queue["name"]), self._paper.characters
        gone = bar(level.drained, self._bar, characters) if level else ""
        course = sparkline(level.course(self._course), level.peak, characters) if level and self._course else ""
        figures = {title: figure(queue.get(key)) for title, key in self._figures.items()}
        return self._line(plain(queue["name"]), gone, course, figures)

    def _line(self, name: str, gone: str, course: str, figures: Mapping[str, str], style: str = "") -> Text:
        characters, gap = self._paper.characters, " " * _GAP
        line = styled(cell(name, self._name, characters), style)
        if self._bar:
            line.append(gap + cell(gone, self._bar, characters), style or "green")
        if self._course:
            line.append(gap + cell(course, self._course, characters), style or "cyan")
        for title, text in figures.items():
            line.append(gap + cell(text, self._widths[title], characters, right=True), style)
        line.truncate(self._paper.width)
        return line


def _shared(room: int) -> tuple[int, int]:
    """Given the columns that are left, return those of the bar and of the course, 0 for none."""
    both = room - 2 * _GAP
    if both >= _NARROWEST_BAR + _NARROWEST_COURSE:
        gone = min(_WIDEST_BAR, max(_NARROWEST_BAR, both // 2))
        return gone, min(_WIDEST_COURSE, both - gone)
    return (min(_WIDEST_BAR, room - _GAP), 0) if room - _GAP >= _NARROWEST_BAR else (0, 0)


def _peak(queue: Mapping[str, Any], levels: Mapping[str, Level]) -> int:
    level = levels.get(queue["name"])
    return level.peak if level else 0
