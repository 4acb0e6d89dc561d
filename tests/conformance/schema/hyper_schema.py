"""The hyper-schema of the Platform API as a judge of requests and answers.

https://devcenter.heroku.com/articles/json-schema-for-platform-api
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jsonschema import Draft4Validator, FormatChecker

from conformance.schema.known_defects import MISSPELT

if TYPE_CHECKING:
    from conformance.recorder import Exchange

_PLACE = re.compile(r"\{\((?P<pointer>[^)]*)\)\}")
_CHECKER = FormatChecker(("uuid", "email"))
_FIRST_ERROR = 400
_ERROR = {
    "properties": {"id": {"type": "string"}, "message": {"type": "string"}},
    "required": ["id", "message"],
    "type": "object",
}


@dataclass(frozen=True)
class Complaint:
    """Something that the schema does not allow; `where` is a method and the template of a path."""

    where: str
    side: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}, {self.side}: {self.says}"


@dataclass(frozen=True)
class Link:
    """One thing that can be asked of the API."""

    method: str
    template: str
    pattern: re.Pattern[str]
    sends: dict[str, Any] | None
    answers: dict[str, Any]

    def takes(self, exchange: Exchange) -> bool:
        """Return whether an exchange goes this way."""
        return exchange.method == self.method and self.pattern.fullmatch(exchange.path) is not None

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


class HyperSchema:
    """Given the document, judges."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._definitions = _strict(copy.deepcopy(document["definitions"]))
        self._links = [_link(item) for part in self._definitions.values() for item in part.get("links", [])]

    def complaints(self, exchange: Exchange) -> list[Complaint]:
        """Return what is wrong with an exchange, by the link that it suits best."""
        ways = [link for link in self._links if link.takes(exchange)]
        if not ways:
            return [Complaint(f"{exchange.method} {exchange.path}", "link", "the schema has no such link")]
        return min((self._by(link, exchange) for link in ways), key=len)

    def _by(self, link: Link, exchange: Exchange) -> list[Complaint]:
        if exchange.status >= _FIRST_ERROR:
            return [Complaint(str(link), "answer", says) for says in self._errors(_ERROR, exchange.answered)]
        nothing = {"additionalProperties": False}
        sent = self._errors(link.sends or nothing, exchange.sent or {})
        answered = self._errors(link.answers, exchange.answered)
        return [
            *(Complaint(str(link), "request", says) for says in sent),
            *(Complaint(str(link), "answer", says) for says in answered),
        ]

    def _errors(self, schema: dict[str, Any], document: Any) -> list[str]:
        validator = Draft4Validator({**schema, "definitions": self._definitions}, format_checker=_CHECKER)
        return [f"{error.json_path}: {error.message[:160]}" for error in validator.iter_errors(document)]


@_CHECKER.checks("date-time", raises=ValueError)
def _is_a_date(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def _strict(definitions: dict[str, Any]) -> dict[str, Any]:
    """Spell out what strictProperties means: these properties, all of them and no others."""
    for definition in definitions.values():
        if definition.get("strictProperties") and "properties" in definition:
            definition["required"] = list(definition["properties"])
            definition["additionalProperties"] = False
    return definitions | {wrong: definitions[right] for wrong, right in MISSPELT.items()}


def _link(item: dict[str, Any]) -> Link:
    href = unquote(item["href"])
    sends = item.get("schema")
    if sends is not None and "properties" in sends:
        sends = {"additionalProperties": False, **sends}
    return Link(
        item["method"],
        _PLACE.sub(lambda match: "{" + match["pointer"].split("/")[2] + "}", href),
        re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\([^)]*\)\}", href))),
        sends,
        item.get("targetSchema", {}),
    )
