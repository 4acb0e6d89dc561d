"""Tells the operator's own commands what happens, and asks them before each step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from migrate.events import ApiCalled, MigrationStarted, StepAhead
from migrate.listeners.beside import Beside
from migrate.sampling import Heard, Sampler
from migrate.secrets import redact, redact_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migrate.clients.hook_process import Hook
    from migrate.clock import Clock
    from migrate.events import Event

CLOSING_SECONDS: Final = 5.0
WAITING: Final = 1000


class Hooks:
    """Runs every hook with every event, one after the other and beside the run; before a step the run waits for them.

    Of the looks of a wait, and of calls to Heroku, they hear what the record and ``--json`` have.
    """

    def __init__(self, hooks: Sequence[Hook], clock: Clock, say: Callable[[str], None]) -> None:
        self._hooks, self._clock, self._say = hooks, clock, say
        self._said = False
        self._app = ""
        self._sampler = Sampler()
        self._beside = Beside("hooks", self._tell, WAITING)

    def hear(self, event: Event, migration: str) -> None:
        """Have the hooks told of an event of a migration, some time soon."""
        if isinstance(event, MigrationStarted):
            self._app = event.app
        if not migration or (isinstance(event, ApiCalled) and event.is_read):
            return
        for heard in self._sampler.sift(Heard(event, self._clock.now(), self._clock.monotonic())):
            body = redact_json(heard.event.to_json(at=heard.at, migration=migration))
            self._beside.put((body, body["type"]))
        self._complain()

    def ask(self, step: str, migration: str, seconds: float) -> str:
        """Ask every hook whether a step may begin, for so long together; return why not, empty where all agree."""
        ahead = StepAhead(step)
        body = redact_json(ahead.to_json(at=self._clock.now(), migration=migration))
        end = self._clock.monotonic() + seconds
        for hook in self._hooks:
            left = max(0.0, end - self._clock.monotonic())
            if trouble := hook.run(json.dumps(body), self._environment(body, f"before-{step}"), left):
                return f"{redact(hook.command)}: {trouble}."
        return ""

    def close(self) -> None:
        """Let the hooks hear the end."""
        try:
            self._beside.close(CLOSING_SECONDS)
        finally:
            for hook in self._hooks:
                hook.stop()
        self._complain()

    def _tell(self, told: tuple[dict[str, Any], str]) -> str:
        body, name = told
        text = json.dumps(body)
        troubles = [(hook, hook.run(text, self._environment(body, name))) for hook in self._hooks]
        return next((f"{redact(hook.command)} at {name}: {trouble}" for hook, trouble in troubles if trouble), "")

    def _environment(self, body: dict[str, Any], name: str) -> dict[str, str]:
        return {
            "MIGRATE_APP": self._app,
            "MIGRATE_MIGRATION": str(body["migration"]),
            "MIGRATE_EVENT": name,
            "MIGRATE_STEP": str(body.get("step", "")),
        }

    def _complain(self) -> None:
        if self._beside.trouble and not self._said:
            self._said = True
            self._say(f"A hook failed ({self._beside.trouble}). The migration goes on; it is told once.")
