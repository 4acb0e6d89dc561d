"""The schema, which has to be brought along."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.schema.hyper_schema import HyperSchema
from conformance.schema.known_defects import DEFECTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.recorder import Exchange
    from conformance.schema.known_defects import Defect


@dataclass
class Judge:
    """The schema with its known defects; `met` are those that something has run into."""

    schema: HyperSchema
    met: set[Defect] = field(default_factory=set)

    def complaints(self, exchanges: Iterable[Exchange]) -> list[str]:
        """Return each complaint that no known defect explains, once."""
        left = set()
        for exchange in exchanges:
            for complaint in self.schema.complaints(exchange):
                explained = {defect for defect in DEFECTS if defect.explains(complaint)}
                self.met |= explained
                left |= set() if explained else {str(complaint)}
        return sorted(left)


@pytest.fixture(scope="session")
def judge() -> Judge:
    path = os.environ.get("HEROKU_SCHEMA")
    if not path:
        pytest.skip("HEROKU_SCHEMA is not set: it names a copy of https://api.heroku.com/schema")
    return Judge(HyperSchema(json.loads(Path(path).read_text())))
