"""The steps that strategies are made of, one a file."""

from __future__ import annotations

from migrate.steps.add import Add
from migrate.steps.drain import Drain
from migrate.steps.eager_off import EagerOff
from migrate.steps.eager_on import EagerOn
from migrate.steps.preflight import Preflight
from migrate.steps.quiesce import Quiesce, QuiesceAgain
from migrate.steps.remove import Remove
from migrate.steps.step import Step
from migrate.steps.verify import Verify

__all__ = [
    "Add",
    "Drain",
    "EagerOff",
    "EagerOn",
    "Preflight",
    "Quiesce",
    "QuiesceAgain",
    "Remove",
    "Step",
    "Verify",
]
