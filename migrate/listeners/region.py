"""Lines at the bottom of a terminal that are drawn over each other, while what is said stays above them.

rich's Live erases its lines before it writes them anew, which flickers where the two arrive apart, as over ssh
(https://github.com/Textualize/rich/blob/v14.0.0/rich/live_render.py, position_cursor). Here each line is written over
the old one, and only what is left of that is erased; a terminal that knows synchronized output
(https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036) shows all of it at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

_BEGIN: Final = "\x1b[?2026h"
_END: Final = "\x1b[?2026l"
_ERASE_LINE: Final = "\x1b[K"
_ERASE_BELOW: Final = "\x1b[J"


class Region:
    """What is drawn at the bottom of one terminal.

    The cursor rests at the beginning of its last line: there the ``^C`` that a terminal shows goes nowhere else.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn: tuple[str, ...] = ()
        self._widths: tuple[int, ...] = ()

    def draw(self, above: str, lines: Sequence[str], widths: Sequence[int], columns: int) -> None:
        """Given text that stays above, the lines with how many columns each takes, and the terminal's columns, draw.

        The text ends with a line break, or is empty. Without lines nothing is left at the bottom.
        """
        if not above and tuple(lines) == self._drawn and self._rows(columns) == len(self._drawn):
            return
        parts = [_BEGIN, self._to_the_top(columns)]
        if above:
            # Its lines may be longer than the terminal is wide: what they cover cannot be erased line by line.
            parts += [_ERASE_BELOW, above]
        parts += ["\n".join(f"{line}{_ERASE_LINE}" for line in lines), _ERASE_BELOW, "\r", _END]
        self._drawn, self._widths = tuple(lines), tuple(widths)
        self._stream.write("".join(parts))
        self._stream.flush()

    def _to_the_top(self, columns: int) -> str:
        rows = self._rows(columns)
        return f"\r\x1b[{rows - 1}A" if rows > 1 else "\r" if rows else ""

    def _rows(self, columns: int) -> int:
        # A terminal that has become narrower has broken the lines that do not fit any more.
        return sum(max(1, -(-width // max(1, columns))) for width in self._widths)
