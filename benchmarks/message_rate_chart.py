"""The chart of docs/message-rate.md, as SVG that follows the reader's light or dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WIDTH: Final = 760
HEIGHT: Final = 420
LEFT: Final = 64
RIGHT: Final = 500
TOP: Final = 72
BOTTOM: Final = 360
STEP: Final = 50
_DASHES: Final = ("none", "9 5", "2 5")
"""Lines differ in more than their colour."""
_LABELLED: Final = 'role="img" aria-labelledby="title description"'
_STYLE: Final = """
  .card { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif }
  .head { font-size: 17px; font-weight: 600 }
  .quiet { fill: #59636e } .grid { stroke: #d1d9e0 } .axis { stroke: #818b98 }
  .line { fill: none; stroke-width: 2.5 } .s0 { stroke: #b3261e } .s1 { stroke: #0b57d0 } .s2 { stroke: #146c2e }
  circle.s0 { fill: #b3261e } circle.s1 { fill: #0b57d0 } circle.s2 { fill: #146c2e }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 }
    .grid { stroke: #2f3742 } .axis { stroke: #656c76 }
    .s0 { stroke: #ff8a80 } .s1 { stroke: #79b8ff } .s2 { stroke: #7ee787 }
    circle.s0 { fill: #ff8a80 } circle.s1 { fill: #79b8ff } circle.s2 { fill: #7ee787 }
  }
"""


def chart(sizes: Sequence[int], series: Mapping[str, Sequence[float]]) -> str:
    """Given numbers of workers and, by name, messages a second for each of them, return the SVG; at most 3 series."""
    top = STEP * (int(max(map(max, series.values()))) // STEP + 1)
    x = [LEFT + (RIGHT - LEFT) * size / sizes[-1] for size in sizes]
    told = "; ".join(f"{name}: {', '.join(_figure(value) for value in values)}" for name, values in series.items())
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {_LABELLED}>',
            '<title id="title">Messages a second of idle Celery workers, by their flags</title>',
            f'<desc id="description">With {", ".join(map(str, sizes))} workers. {escape(told)}.</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="card" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
            _text(24, 32, "Idle Celery workers: messages a second, published and delivered", "head"),
            *_grid(top),
            *(_text(at, BOTTOM + 22, str(size), "quiet", "middle") for at, size in zip(x, sizes, strict=True)),
            _text((LEFT + RIGHT) / 2, BOTTOM + 44, "workers", "quiet", "middle"),
            *_lines(x, series, top),
            "</svg>\n",
        )
    )


def _grid(top: int) -> Iterator[str]:
    for value in range(0, top + 1, STEP):
        kind = "grid" if value else "axis"
        yield f'<line class="{kind}" x1="{LEFT}" x2="{RIGHT}" y1="{_y(value, top)}" y2="{_y(value, top)}"/>'
        yield _text(LEFT - 10, _y(value, top) + 4, str(value), "quiet", "end")


def _lines(x: Sequence[float], series: Mapping[str, Sequence[float]], top: int) -> Iterator[str]:
    lowest = HEIGHT
    for number, (name, values) in enumerate(sorted(series.items(), key=lambda item: item[1][-1])):
        shade = f"s{len(series) - 1 - number}"
        places = list(zip(x, (_y(value, top) for value in values), strict=True))
        points = " ".join(f"{at:.1f},{height:.1f}" for at, height in places)
        dash = _DASHES[len(series) - 1 - number]
        yield f'<polyline class="line {shade}" stroke-dasharray="{dash}" points="{points}"/>'
        yield from (f'<circle class="{shade}" cx="{at:.1f}" cy="{height:.1f}" r="4"/>' for at, height in places)
        # From below upwards, so that labels of lines that end close together stay apart.
        lowest = min(places[-1][1] - 8, lowest - 40)
        yield _text(RIGHT + 14, lowest, f"{_figure(values[-1])} a second")
        yield _text(RIGHT + 14, lowest + 17, name, "quiet")


def _y(value: float, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / top, 1)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _figure(value: float) -> str:
    return f"{value:.1f}" if value < STEP else f"{value:.0f}"
