"""The steps that strategies are made of, one a file."""

from __future__ import annotations

from migrate.steps.add import Add
from migrate.steps.add_beside import AddBeside
from migrate.steps.bridge import BridgeBack, BridgeOff, BridgeOn
from migrate.steps.bridge_workers import BridgeWorkers, BridgeWorkersOff
from migrate.steps.carry_in import CarryBack, CarryIn
from migrate.steps.carry_out import CarryOut
from migrate.steps.change_plan import ChangePlan, ChangePlanBack
from migrate.steps.copies_back import CopiesBack
from migrate.steps.copy_alarms import CopyAlarms
from migrate.steps.copy_topology import CopyTopology
from migrate.steps.drain import Drain
from migrate.steps.drain_dynos import StartDrainDynos, StopDrainDynos
from migrate.steps.eager_off import EagerBack, EagerOff
from migrate.steps.eager_on import EagerOn
from migrate.steps.maintenance_off import MaintenanceOff
from migrate.steps.maintenance_on import MaintenanceOn
from migrate.steps.pause import Pause
from migrate.steps.preflight import Preflight
from migrate.steps.quiesce import PutBack, Quiesce, QuiesceAgain, QuiesceBack
from migrate.steps.reattach import Reattach, ReattachBack
from migrate.steps.redeploy import Redeploy, RedeployAgain
from migrate.steps.remove import Remove
from migrate.steps.remove_new import RemoveNew
from migrate.steps.remove_old import RemoveOld
from migrate.steps.save_alarms import SaveAlarms
from migrate.steps.save_topology import SaveTopology
from migrate.steps.scale_up import ScaleUp
from migrate.steps.spare import Spare
from migrate.steps.step import Step
from migrate.steps.take_back import TakeBack
from migrate.steps.tidy import Tidy
from migrate.steps.unpause import Unpause
from migrate.steps.verify import Verify, VerifyAgain, VerifyBack, VerifyInPlace
from migrate.steps.workers_back import WorkersBack
from migrate.steps.workers_down import WorkersDown
from migrate.steps.workers_down_back import WorkersDownBack
from migrate.steps.workers_up import WorkersUp, WorkersUpBack

__all__ = [
    "Add",
    "AddBeside",
    "BridgeBack",
    "BridgeOff",
    "BridgeOn",
    "BridgeWorkers",
    "BridgeWorkersOff",
    "CarryBack",
    "CarryIn",
    "CarryOut",
    "ChangePlan",
    "ChangePlanBack",
    "CopiesBack",
    "CopyAlarms",
    "CopyTopology",
    "Drain",
    "EagerBack",
    "EagerOff",
    "EagerOn",
    "MaintenanceOff",
    "MaintenanceOn",
    "Pause",
    "Preflight",
    "PutBack",
    "Quiesce",
    "QuiesceAgain",
    "QuiesceBack",
    "Reattach",
    "ReattachBack",
    "Redeploy",
    "RedeployAgain",
    "Remove",
    "RemoveNew",
    "RemoveOld",
    "SaveAlarms",
    "SaveTopology",
    "ScaleUp",
    "Spare",
    "StartDrainDynos",
    "Step",
    "StopDrainDynos",
    "TakeBack",
    "Tidy",
    "Unpause",
    "Verify",
    "VerifyAgain",
    "VerifyBack",
    "VerifyInPlace",
    "WorkersBack",
    "WorkersDown",
    "WorkersDownBack",
    "WorkersUp",
    "WorkersUpBack",
]
