"""The record of a migration, as events of the store, made up or cut short as a test needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from migrate.report.story import Told
from migrate.store.records import Line

if TYPE_CHECKING:
    from migrate.store.store import Store

BEGIN = datetime(2026, 11, 24, 14, 52, 16, tzinfo=UTC)
STEPS = ("preflight", "quiesce", "eager-on", "drain", "remove", "add", "eager-off", "verify")


@dataclass
class Record:
    """Events with the time at which the next one happens."""

    now: datetime = BEGIN
    told: list[Told] = field(default_factory=list)
    migration: str = "mig-7f3k2q"

    def tell(self, kind: str, after: float = 0.0, **body: Any) -> Record:
        """Have an event happen so many seconds later."""
        self.now += timedelta(seconds=after)
        head = {
            "v": 1,
            "type": kind,
            "time": self.now.isoformat(timespec="milliseconds"),
            "migration": self.migration,
        }
        self.told.append(Told(self.now, kind, {**head, **body}))
        return self

    def begin(self, *, steps: tuple[str, ...] = STEPS, resumed: bool = False, **body: Any) -> Record:
        return self.tell(
            "migration.started",
            1,
            **{
                "app": "shop",
                "add_on": "cloudamqp-round-12345",
                "from_plan": "cloudamqp:lemur",
                "to_plan": "cloudamqp:bunny",
                "strategy": "documented",
                "steps": list(steps),
                "titles": [f"Do {step}" for step in steps],
                "resumed": resumed,
                "back": False,
                "eager_since": None,
                **body,
            },
        )

    def start(self, step: str, after: float = 0.1) -> Record:
        return self.tell("step.started", after, step=step, title=f"Do {step}")

    def done(self, step: str, seconds: float = 2.0) -> Record:
        return self.tell("step.done", seconds, step=step, seconds=seconds)

    def step(self, step: str, seconds: float = 2.0) -> Record:
        return self.start(step).done(step, seconds)

    def count(self, step: str, messages: int | None = 40, broker: str = "old/vhost", **body: Any) -> Record:
        counted = {"connections": {"py-amqp 5.4.2": 3}, "consumers": {"celery": 1}, "published": 100}
        counted |= {"acknowledged": 60, "unknown": []}
        return self.tell("broker.counted", 0.2, step=step, broker=broker, messages=messages, **{**counted, **body})

    def look(self, queues: dict[str, int], after: float = 5.0, **detail: Any) -> Record:
        rows = [{"name": name, "ready": ready, "unacknowledged": 0, "delayed": 0} for name, ready in queues.items()]
        left = sum(queues.values())
        found = {"queues": rows[:50], "messages": left, "published": 120, "acknowledged": 120 - left, **detail}
        return self.tell("step.waiting", after, step="drain", reason=f"{left} messages left", detail=found)

    def call(self, method: str, path: str, status: int | None = 200, step: str = "", **body: Any) -> Record:
        told = {
            "error": "",
            "request_id": "6f1b2f0c-5d7e-4b0f-9a53-3c1de2b2f1aa",
            "seconds": 0.184,
            "remaining": 4391,
        }
        return self.tell("api.call", 0.05, step=step, method=method, path=path, status=status, **{**told, **body})

    def live(self, step: str, version: int) -> Record:
        return self.tell("release.live", 0.5, step=step, version=version)

    def end(self, status: int = 0, code: str = "DONE", **body: Any) -> Record:
        told = {"what": "shop was moved.", "why": "", "state": "shop runs.", "next": []}
        return self.tell("result", 0.1, exit=status, code=code, **{**told, **body})

    def write_to(self, store: Store) -> None:
        """Have it in a store."""
        store.events.append(self.migration, [Line(item.at, item.type, item.body) for item in self.told])


def previewed(record: Record, *findings: dict[str, str]) -> Record:
    return record.tell(
        "preview",
        app="shop",
        from_plan="cloudamqp:lemur",
        to_plan="cloudamqp:bunny",
        strategy="documented",
        findings=list(findings),
    )


def in_drain(record: Record | None = None) -> Record:
    """A migration up to the beginning of its drain."""
    record = previewed(record or Record(), finding()).begin().call("GET", "/apps/shop").start("preflight")
    seen: dict[str, Any] = {
        "release": 7,
        "variables": ["CLOUDAMQP_URL", "SECRET_KEY"],
        "attachments": {"CLOUDAMQP": "cloudamqp-old"},
    }
    plans = [{"name": "cloudamqp-old", "plan": "cloudamqp:lemur"}]
    record.tell("app.seen", step="preflight", add_ons=plans, formation={"web": 1}, changed=None, unknown="", **seen)
    record.count("preflight").done("preflight").step("quiesce").start("eager-on")
    record.call("PATCH", "/apps/shop/config-vars", step="eager-on").live("eager-on", 8).done("eager-on")
    return record.start("drain")


def whole(record: Record | None = None) -> Record:
    """A migration that went well."""
    record = in_drain(record).look({"celery": 30, "mails": 5}).look({"celery": 10}).look({"celery": 0}).done("drain")
    record.start("remove").tell("effect.requested", 0.1, step="remove", effect="remove")
    record.call("DELETE", "/apps/shop/addons/cloudamqp-old", step="remove").done("remove").step("add", 8)
    record.start("eager-off").live("eager-off", 11).done("eager-off").start("verify")
    record.count("verify", 3, "new/vhost", published=3, acknowledged=0).done("verify")
    changed = {"CLOUDAMQP_URL": "changed", "NEW_ONE": "added"}
    seen: dict[str, Any] = {
        "release": 11,
        "variables": ["CLOUDAMQP_URL", "NEW_ONE", "SECRET_KEY"],
        "changed": changed,
    }
    plans = [{"name": "cloudamqp-new", "plan": "cloudamqp:bunny"}]
    named = {"CLOUDAMQP": "cloudamqp-new"}
    record.tell("app.seen", step="verify", add_ons=plans, attachments=named, formation={"web": 1}, unknown="", **seen)
    return record.end()


def finding() -> dict[str, str]:
    return {"code": "PREBOOT", "severity": "warn", "what": "Preboot is on.", "why": "It takes longer.", "do": "wait"}
