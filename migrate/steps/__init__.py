"""The steps that strategies are made of, one a file."""

from __future__ import annotations

from migrate.steps.add import Add
from migrate.steps.carry_in import CarryBack, CarryIn
from migrate.steps.carry_out import CarryOut
from migrate.steps.drain import Drain
from migrate.steps.drain_dynos import StartDrainDynos, StopDrainDynos
from migrate.steps.eager_off import EagerBack, EagerOff
from migrate.steps.eager_on import EagerOn
from migrate.steps.preflight import Preflight
from migrate.steps.quiesce import PutBack, Quiesce, QuiesceAgain, QuiesceBack
from migrate.steps.remove import Remove
from migrate.steps.scale_up import ScaleUp
from migrate.steps.step import Step
from migrate.steps.verify import Verify, VerifyBack
from migrate.steps.workers_down import WorkersDown
from migrate.steps.workers_up import WorkersUp

__all__ = [
    "Add",
    "CarryBack",
    "CarryIn",
    "CarryOut",
    "Drain",
    "EagerBack",
    "EagerOff",
    "EagerOn",
    "Preflight",
    "PutBack",
    "Quiesce",
    "QuiesceAgain",
    "QuiesceBack",
    "Remove",
    "ScaleUp",
    "StartDrainDynos",
    "Step",
    "StopDrainDynos",
    "Verify",
    "VerifyBack",
    "WorkersDown",
    "WorkersUp",
]
