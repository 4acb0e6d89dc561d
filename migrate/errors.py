"""Everything that can go wrong, named by situation.

::

    MigrateError
    ├── UsageError             the command line does not make sense
    ├── AccessError            Heroku cannot be asked
    │   ├── TokenMissing · TokenRefused · SecondFactorMissing · AccountStopped
    │   ├── AppUnknown
    │   ├── HerokuUnreachable · RateLimited
    ├── StoreUnusable          the checkpoints cannot be read or written
    ├── AddOnMissing · AddOnAmbiguous
    ├── BrokerUrlInvalid       the add-on's variable is no broker URL
    ├── PreflightRefused       a check says no; carries the findings
    ├── ConfirmationMissing · ConfirmationMismatch
    ├── AppHeld · MigrationUnfinished · MigrationUnknown
    │   ├── FleetOverlaps      an app is in another fleet that is under way
    ├── FleetUnknown           the store has no such fleet
    ├── FleetBrokerUnusable    what carries a fleet to its workers does not answer
    ├── FleetEmpty             a fleet without an app that there is something to do for
    ├── WorldChanged           what was previewed or checkpointed is no longer so
    │   ├── PreviewStale       a saved preview does not fit the app any more
    ├── PreviewUnusable        a saved preview cannot be read, written or understood
    ├── ReportNotWritten       a page about a migration or a fleet cannot be written
    ├── WatchNotServed         the live page cannot be served at that port
    ├── PreviewApplied         a saved preview has become a migration already
    ├── HerokuRefused          Heroku answered no to a call
    ├── OutcomeUnknown         a call's reply was lost and reading did not settle it
    ├── RollbackImpossible     the old add-on is gone
    ├── PlanFixed              the new add-on is there, on the plan that it was ordered on
    ├── WaitExpired            a wait reached its deadline
    │   ├── WorkersBusy · NotDrained · WorkersMissing
    │   ├── GateClosed         nobody said that the migration may go on
    ├── GateCancelled          somebody ended the wait at a gate
    ├── HookRefused            a hook of the operator's keeps a step from beginning
    ├── AuditLogUnusable       the audit log that was asked for cannot be opened
    ├── GateUnreached          the migration stands at no gate
    ├── DeployFailed           the operator's deploy command failed, or made no release
    ├── ReleaseFailed · DynosCrashed · AddOnFailed
    ├── NameNotMoved           the live release has another add-on under a name, or none
    ├── PlanChangeRefused      CloudAMQP does not change this plan in place
    ├── WorkersEager           a worker would run what it drains in eager mode
    ├── DrainDynosRefused · DrainDynoLost
    ├── EagerIgnored           the app shows no sign of reading the eager variable
    ├── SpoolUnusable          the file with what is carried over cannot be read or written
    ├── SpoolMissing           there is no such file on this machine
    ├── DiscardCountWrong      not exactly as many messages are left as may be discarded
    ├── QueueConsumed          somebody takes from a queue whose messages are to be carried over
    ├── CarryRefused           a broker does not give a message, or does not take it
    ├── CarryInDoubt           whether messages have arrived cannot be seen
    ├── TopologyNotSaved       what was made beside Celery's own could not be read or written down
    ├── TopologyNotCopied      the new broker does not have all of it
    ├── MessageQuotaExceeded   at this rate the plan has not enough messages a month
    ├── MessageQuotaUnproven   whether it has cannot be told
    ├── FlowerElsewhere        Flower, or another monitor, reads another broker than the app's
    ├── FlowerUnproven         which broker it reads is not known
    ├── SandboxUnusable        the local Heroku did not come up
    ├── TasksLost              a rehearsal whose ledger does not add up
    ├── NotAsAdvised           an app uses its broker in a way that should not stay
    ├── NothingCounted         a rehearsal in which no task was seen
    └── Unexpected             a fault of migrate-plan itself
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from migrate.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from migrate.planning.fingerprint import Change
    from migrate.preflight.finding import Finding


class MigrateError(Exception):
    """What happened, why, and what to do; the state of the app is added by whoever knows it."""

    code: ClassVar[str]
    exit: ClassVar[Exit] = Exit.FAILED
    runbook: ClassVar[str]
    """The page in runbooks/ that has a heading for this code."""

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        next: str = "",  # noqa: A002 -- read aloud it is the right word
        choices: tuple[str, ...] = (),
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next = next
        self.options: tuple[str, ...] = ()
        """What to add to the command that goes on, so that it may end otherwise."""
        self.choices = choices
        """Other ways on, of which one may be typed instead."""


class UsageError(MigrateError):
    """The command line does not make sense."""

    code = "USAGE"
    exit = Exit.USAGE
    runbook = "access"


class AccessError(MigrateError):
    """Heroku does not let this account do that, or cannot be asked at all; the call had no effect."""

    code = "ACCESS_DENIED"
    runbook = "access"


class TokenMissing(AccessError):
    """No Heroku token was found anywhere."""

    code = "TOKEN_MISSING"

    def __init__(self) -> None:
        super().__init__(
            "There is no Heroku token.",
            why="HEROKU_API_KEY is not set, `heroku auth:token` gave none, and netrc has no entry.",
            next="heroku login    (or: export HEROKU_API_KEY=...)",
        )


class TokenRefused(AccessError):
    """Heroku does not accept the token: wrong, expired or revoked."""

    code = "TOKEN_REFUSED"


class SecondFactorMissing(AccessError):
    """Heroku wants a second factor for this app; a program cannot type it."""

    code = "SECOND_FACTOR_MISSING"


class AccountStopped(AccessError):
    """The account is suspended, or owes a payment or a card: Heroku does nothing for it until that is settled."""

    code = "ACCOUNT_STOPPED"


class AppUnknown(AccessError):
    """Heroku knows no such app, or shows it to somebody else only."""

    code = "APP_UNKNOWN"


class HerokuUnreachable(AccessError):
    """Heroku gave no usable answer to a read, or a write could not be sent to it; that passes by itself."""

    code = "HEROKU_UNREACHABLE"


class RateLimited(HerokuUnreachable):
    """The account's calls are used up for the moment: nothing is sent, and what was sent had no effect."""

    code = "RATE_LIMITED"


class StoreUnusable(MigrateError):
    """The checkpoints cannot be read or written."""

    code = "STORE_UNUSABLE"
    runbook = "store"


class AddOnMissing(MigrateError):
    """The app has no CloudAMQP add-on, or none of that name."""

    code = "ADD_ON_MISSING"
    exit = Exit.REFUSED
    runbook = "preflight"


class AddOnAmbiguous(MigrateError):
    """The app has several CloudAMQP add-ons and none was named."""

    code = "ADD_ON_AMBIGUOUS"
    exit = Exit.REFUSED
    runbook = "preflight"


class BrokerUrlInvalid(MigrateError):
    """The add-on's variable is no broker URL."""

    code = "BROKER_URL_INVALID"
    exit = Exit.REFUSED
    runbook = "preflight"

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"The value of {variable} is not a broker URL.",
            why="Expected amqp(s)://USER:PASSWORD@HOST/VHOST. The value itself is not shown: it may hold a password.",
            next=f"heroku config:get {variable} --app APP",
        )


class PreflightRefused(MigrateError):
    """At least one check says no, or asks for something that was not accepted by name."""

    code = "PREFLIGHT_REFUSED"
    exit = Exit.REFUSED
    runbook = "preflight"

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        super().__init__(first.what, why=first.why, next=first.do)
        self.findings = tuple(findings)


class ConfirmationMissing(MigrateError):
    """Nobody is there to confirm and --confirm was not given."""

    code = "CONFIRMATION_MISSING"
    exit = Exit.NEEDS_YOU
    runbook = "preflight"


class ConfirmationMismatch(MigrateError):
    """The name that was typed or given is not the app's."""

    code = "CONFIRMATION_MISMATCH"
    exit = Exit.REFUSED
    runbook = "preflight"


class AppHeld(MigrateError):
    """Another process, perhaps on another machine, is migrating this app now."""

    code = "APP_HELD"
    exit = Exit.HELD
    runbook = "store"


class MigrationUnfinished(AppHeld):
    """An earlier migration of this app stopped part-way."""

    code = "MIGRATION_UNFINISHED"


class FleetOverlaps(AppHeld):
    """An app is in another fleet that is under way."""

    code = "FLEET_OVERLAPS"
    runbook = "fleet"


class FleetUnknown(MigrateError):
    """The store has no such fleet."""

    code = "FLEET_UNKNOWN"
    runbook = "fleet"


class FleetBrokerUnusable(MigrateError):
    """The broker that carries a fleet's apps to its workers does not answer."""

    code = "FLEET_BROKER_UNUSABLE"
    runbook = "fleet"


class FleetEmpty(MigrateError):
    """There is no app for which a fleet has something to do, or one that it selects cannot be seen."""

    code = "FLEET_EMPTY"
    exit = Exit.REFUSED
    runbook = "fleet"


class MigrationUnknown(MigrateError):
    """The store has no such migration."""

    code = "MIGRATION_UNKNOWN"
    runbook = "store"


class WorldChanged(MigrateError):
    """What was previewed or checkpointed is no longer so."""

    code = "WORLD_CHANGED"
    exit = Exit.CHANGED
    runbook = "preflight"


class PreviewStale(WorldChanged):
    """What a saved preview was decided from is no longer so; ``changes`` has every fact that differs."""

    code = "PREVIEW_STALE"
    runbook = "apply"
    changes: tuple[Change, ...] = ()


class PreviewUnusable(MigrateError):
    """A saved preview cannot be read, written or understood."""

    code = "PREVIEW_UNUSABLE"
    exit = Exit.REFUSED
    runbook = "apply"


class ReportNotWritten(MigrateError):
    """The page about a migration or a fleet cannot be written where it should, or something is there already."""

    code = "REPORT_NOT_WRITTEN"
    runbook = "report"


class WatchNotServed(MigrateError):
    """The live page cannot be served at the port that was asked for."""

    code = "WATCH_NOT_SERVED"
    runbook = "watch"


class PreviewApplied(MigrateError):
    """A saved preview has become a migration already."""

    code = "PREVIEW_APPLIED"
    exit = Exit.REFUSED
    runbook = "apply"


class RollbackImpossible(MigrateError):
    """The old add-on is removed; there is no going back to it."""

    code = "ROLLBACK_IMPOSSIBLE"
    exit = Exit.REFUSED
    runbook = "rollback"


class PlanFixed(MigrateError):
    """The new add-on is there already, on the plan that it was ordered on."""

    code = "PLAN_FIXED"
    exit = Exit.REFUSED
    runbook = "add"


class HerokuRefused(MigrateError):
    """Heroku answered no to a call; the call had no effect."""

    code = "HEROKU_REFUSED"
    runbook = "heroku"
    id = ""
    """Heroku's own name of the reason: ``conflict``, ``invalid_params``."""


class OutcomeUnknown(MigrateError):
    """A call's reply was lost and reading the app did not settle whether it had its effect."""

    code = "OUTCOME_UNKNOWN"
    exit = Exit.OUTCOME_UNKNOWN
    runbook = "heroku"


class WaitExpired(MigrateError):
    """A wait reached its deadline."""

    code = "WAIT_EXPIRED"
    runbook = "heroku"


class WorkersBusy(WaitExpired):
    """Workers were still running tasks, or did not answer, at the deadline."""

    code = "WORKERS_BUSY"
    runbook = "quiesce"

    def __init__(self, what: str, *, why: str, options: tuple[str, ...]) -> None:
        super().__init__(what, why=why)
        self.options = options


class NotDrained(WaitExpired):
    """Work was still on the old broker, or could not be ruled out."""

    code = "NOT_DRAINED"
    runbook = "drain"


class WorkersMissing(WaitExpired):
    """A work queue that had consumers has none on the new broker."""

    code = "WORKERS_MISSING"
    runbook = "verify"


class GateClosed(WaitExpired):
    """Nobody opened a gate in time."""

    code = "GATE_CLOSED"
    exit = Exit.NEEDS_YOU
    runbook = "gates"


class GateCancelled(MigrateError):
    """Somebody ended the wait at a gate without opening it."""

    code = "GATE_CANCELLED"
    runbook = "gates"


class HookRefused(MigrateError):
    """A hook of the operator's keeps a step from beginning."""

    code = "HOOK_REFUSED"
    runbook = "hooks"


class AuditLogUnusable(MigrateError):
    """The audit log that was asked for cannot be opened."""

    code = "AUDIT_LOG_UNUSABLE"
    runbook = "hooks"


class GateUnreached(MigrateError):
    """The migration stands at no gate that could be opened."""

    code = "GATE_UNREACHED"
    exit = Exit.REFUSED
    runbook = "gates"


class ReleaseFailed(MigrateError):
    """A release did not succeed: its release command failed or it expired."""

    code = "RELEASE_FAILED"
    runbook = "heroku"


class NameNotMoved(MigrateError):
    """A release of Detach or Attach failed: the running one has an older add-on under a name, or none."""

    code = "NAME_NOT_MOVED"
    runbook = "reattach"


class PlanChangeRefused(MigrateError):
    """CloudAMQP does not change this plan into that one in place."""

    code = "PLAN_CHANGE_REFUSED"
    runbook = "change-plan"


class DeployFailed(MigrateError):
    """The deploy that the operator wants did not happen, or made no release."""

    code = "DEPLOY_FAILED"
    runbook = "redeploy"


class DynosCrashed(MigrateError):
    """Dynos of the new release crashed."""

    code = "DYNOS_CRASHED"
    runbook = "heroku"


class AddOnFailed(MigrateError):
    """The new add-on ended in a state that it will not leave."""

    code = "ADD_ON_FAILED"
    runbook = "add"


class WorkersEager(MigrateError):
    """A worker would run what it drains in eager mode and lose the tails of chains."""

    code = "WORKERS_EAGER"
    runbook = "drain"


class DrainDynosRefused(MigrateError):
    """Heroku does not start the dynos that should drain."""

    code = "DRAIN_DYNOS_REFUSED"
    runbook = "drain-dynos"


class DrainDynoLost(MigrateError):
    """A dyno that should drain has crashed or ended."""

    code = "DRAIN_DYNO_LOST"
    runbook = "drain-dynos"


class EagerIgnored(MigrateError):
    """The workers show no sign that the app reads the eager variable, so it would go on publishing."""

    code = "EAGER_IGNORED"
    runbook = "drain"


class SpoolUnusable(MigrateError):
    """The file with what is carried over cannot be read or written; what is not in it is on its broker."""

    code = "SPOOL_UNUSABLE"
    runbook = "carry-out"

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(
            f"The spool {path} cannot be used.",
            why=f"{error}. What it holds stays in it; what it does not hold is on its broker.",
            next=f"df -h {shlex.quote(str(path.parent))}    (there must be room, and the folder yours to write)",
        )


class SpoolMissing(MigrateError):
    """There is no such spool on this machine."""

    code = "SPOOL_MISSING"
    runbook = "carry-in"


class DiscardCountWrong(MigrateError):
    """Not exactly as many messages are left as may be discarded; none was."""

    code = "DISCARD_COUNT_WRONG"
    exit = Exit.NEEDS_YOU
    runbook = "carry-out"


class QueueConsumed(MigrateError):
    """Somebody takes from a queue whose messages are to be carried over."""

    code = "QUEUE_CONSUMED"
    runbook = "carry-out"


class CarryRefused(MigrateError):
    """A broker does not give a message, or does not take it; the messages stay where they are."""

    code = "CARRY_REFUSED"
    runbook = "carry-in"


class CarryInDoubt(MigrateError):
    """Whether some messages have arrived on a broker cannot be seen, because somebody takes from their queue."""

    code = "CARRY_IN_DOUBT"
    exit = Exit.NEEDS_YOU
    runbook = "carry-in"


class TopologyNotSaved(MigrateError):
    """What was made on the old broker beside Celery's own could not be read or written down."""

    code = "TOPOLOGY_NOT_SAVED"
    runbook = "save-topology"


class TopologyNotCopied(MigrateError):
    """The new broker does not have all that was made on the old one beside Celery's own."""

    code = "TOPOLOGY_NOT_COPIED"
    runbook = "copy-topology"


class MessageQuotaExceeded(MigrateError):
    """At the measured rate the plan has not enough messages a month."""

    code = "MESSAGE_QUOTA_EXCEEDED"
    exit = Exit.REFUSED
    runbook = "messages"


class MessageQuotaUnproven(MigrateError):
    """Whether the plan has enough messages a month is not known."""

    code = "MESSAGE_QUOTA_UNPROVEN"
    exit = Exit.REFUSED
    runbook = "messages"


class FlowerElsewhere(MigrateError):
    """Flower, or another monitor, is told to read another broker than the app has, or is not let in."""

    code = "FLOWER_ELSEWHERE"
    exit = Exit.REFUSED
    runbook = "flower"


class FlowerUnproven(MigrateError):
    """Which broker Flower reads is not known."""

    code = "FLOWER_UNPROVEN"
    exit = Exit.REFUSED
    runbook = "flower"


class SandboxUnusable(MigrateError):
    """The local Heroku did not come up, or is not there."""

    code = "SANDBOX_UNUSABLE"
    runbook = "sandbox"


class TasksLost(MigrateError):
    """A rehearsal lost or doubled tasks."""

    code = "TASKS_LOST"
    runbook = "sandbox"


class NothingCounted(MigrateError):
    """A rehearsal saw no task, so that it would prove nothing."""

    code = "NOTHING_COUNTED"
    runbook = "sandbox"


class NotAsAdvised(MigrateError):
    """An app uses its broker in a way that should not stay on its plan."""

    code = "NOT_AS_ADVISED"
    exit = Exit.REFUSED
    runbook = "doctor"


class Unexpected(MigrateError):
    """A fault of migrate-plan itself: nothing that follows it can be trusted, so it stops."""

    code = "UNEXPECTED"
    runbook = "store"
