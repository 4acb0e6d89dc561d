"""Values that must not leave memory, and the door that every text passes on its way out."""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus

MASK: Final = "[secret]"

# A short value ("1", "guest") would blank out innocent text; nobody hides behind fewer characters.
_SHORTEST: Final = 6
_ESCAPE: Final = re.compile("%[0-9A-F]{2}")
_known: set[str] = set()


class Secret:
    """A text that shows itself as ``[secret]`` everywhere and must be unwrapped on purpose."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= _SHORTEST:
            _known.update(_spellings(value))

    def reveal(self) -> str:
        """Return the text itself, for the one call that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _specification: str) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: it would be written to a file or another process")


def _spellings(value: str) -> set[str]:
    # As it is, in a URL (also as SQLAlchemy writes one), and within JSON.
    encoded = {quote(value, safe=""), quote(value), quote(value, safe=" +"), quote_plus(value)}
    lower_case = {_ESCAPE.sub(lambda found: found[0].lower(), text) for text in encoded}
    return {value, json.dumps(value)[1:-1]} | encoded | lower_case


def redact(text: str) -> str:
    """Given any text, return it with every known secret, plain or URL-encoded, replaced by the mask."""
    for value in sorted(_known, key=len, reverse=True):
        if value in text:
            text = text.replace(value, MASK)
    return text
