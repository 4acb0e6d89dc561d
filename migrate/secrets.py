"""Values that must not leave memory, and the door that every text passes on its way out."""

from __future__ import annotations

import base64
import json
import re
import threading
from functools import cache
from typing import Any, Final, NoReturn
from urllib.parse import quote, quote_plus

MASK: Final = "[secret]"

# A short value ("1", "guest") would blank out innocent text; nobody hides behind fewer characters.
_SHORTEST: Final = 6
_ESCAPE: Final = re.compile("%[0-9A-F]{2}")
_USERINFO: Final = re.compile(
    r"(?<=://)[^/\s\"'<>]*(?=@)|(?<=%3a%2f%2f)(?:(?!%2f)[^\s\"'<>&])*(?=%40)", re.IGNORECASE
)


class _Known:
    """Every spelling of every secret of this process, found in a text by its first characters.

    A fleet knows thousands, and every event passes here in a thread of its own: neither may cost the other time.
    """

    def __init__(self) -> None:
        self._all: set[str] = set()
        self._by_beginning: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def add(self, spellings: frozenset[str]) -> None:
        """Know these; each has as many characters as the shortest secret at least."""
        if spellings <= self._all:
            return
        with self._lock:
            for text in spellings - self._all:
                beginning = text[:_SHORTEST]
                self._by_beginning[beginning] = (*self._by_beginning.get(beginning, ()), text)
            self._all |= spellings

    def within(self, text: str) -> set[str]:
        """Return those that a text has in it."""
        if len(text) > len(self._all):
            return {value for value in tuple(self._all) if value in text}
        known, ends = self._by_beginning, range(_SHORTEST, len(text) + 1)
        places = [end - _SHORTEST for end in ends if text[end - _SHORTEST : end] in known]
        return {
            value
            for place in places
            for value in known[text[place : place + _SHORTEST]]
            if text.startswith(value, place)
        }


_known = _Known()


class Secret:
    """A text that shows itself as ``[secret]`` everywhere and must be unwrapped on purpose."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= _SHORTEST:
            _known.add(_spellings(value))

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


@cache
def _spellings(value: str) -> frozenset[str]:
    # As it is, in a URL (also as SQLAlchemy writes one), within JSON, and within anything in base64.
    encoded = {quote(value, safe=""), quote(value), quote(value, safe=" +"), quote_plus(value)}
    lower_case = {_ESCAPE.sub(lambda found: found[0].lower(), text) for text in encoded}
    return frozenset({value, json.dumps(value)[1:-1]} | encoded | lower_case | _within_base64(value))


def _within_base64(value: str) -> set[str]:
    """Return what every base64 text has in it that was made of a longer text with the value in it.

    Three bytes make four characters, so it looks one of three ways; those at its ends depend on what stands
    beside it. As in an Authorization header: https://www.rfc-editor.org/rfc/rfc7617
    """
    found = set()
    for before in range(3):
        data = b"\0" * before + value.encode()
        whole = base64.b64encode(data).decode()[(before * 8 + 5) // 6 : len(data) * 8 // 6]
        found |= {whole, whole.replace("+", "-").replace("/", "_")}
    return {text for text in found if len(text) >= _SHORTEST}


def redact(text: str) -> str:
    """Given any text, return it with every known secret, plain or URL-encoded, replaced by the mask."""
    for value in sorted(_known.within(text), key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def redact_json(value: Any) -> Any:
    """Given what JSON can hold, return it with every known secret in its texts replaced by the mask.

    To be called before it is written as JSON, whose escapes would hide a secret from the search.
    """
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_json(item) for item in value]
    return value


def redact_fault(text: str) -> str:
    """Given the words of something that nobody foresaw, return them without secrets, known or as URLs carry them.

    Whatever stands before the @ of a URL is masked, for such words may come from before it was known to be secret.
    """
    return _USERINFO.sub(MASK, redact(text))
