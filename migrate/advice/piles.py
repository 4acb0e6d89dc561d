"""Queues that Celery makes for itself and that nobody clears away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.advice.row import Row, Verdict
from migrate.brokers.queues import BY_RULE
from migrate.brokers.report import Unreadable
from migrate.wording import counted

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.brokers.queues import Kind

_SOME: Final = 100
_MANY: Final = 1_000
_SPARE: Final = 10
"""So many more queues than workers are nothing to speak of: monitors, and what expires in a moment."""


class Pile(Struct, frozen=True):
    """Queues of one kind, and what keeps them few and empty."""

    code: str
    kind: Kind
    subject: str
    why: str
    celery: str
    django: str
    source: str

    def rows(self, practice: Practice) -> tuple[Row, ...]:
        """Return one row on how many there are and how much is in them."""
        found, verdict = self._found(practice)
        good = verdict is Verdict.OK
        return (
            Row(
                code=self.code,
                subject=self.subject,
                found=found,
                recommended=f"one for each process at most, nearly empty (below {_SOME} messages)",
                verdict=verdict,
                why=self.why,
                celery="" if good else self.celery,
                django="" if good else self.django,
                source=self.source,
            ),
        )

    def _found(self, practice: Practice) -> tuple[str, Verdict]:
        if isinstance(practice.queues, Unreadable):
            return f"not known: {practice.queues.reason}", Verdict.UNKNOWN
        queues = [item for item in practice.queues.queues if BY_RULE.kind(item) is self.kind]
        messages = sum(item.messages for item in queues)
        workers = 0 if isinstance(practice.workers, Unreadable) else len(practice.workers.nodes)
        text = f"{counted(len(queues), 'queue')}, {counted(messages, 'message')}"
        if messages >= _SOME:
            return text, Verdict.DANGER if messages >= _MANY else Verdict.WARNING
        if len(queues) <= 2 * workers + _SPARE:
            return text, Verdict.OK
        if isinstance(practice.workers, Unreadable):
            return f"{text}; of how many workers is not known: {practice.workers.reason}", Verdict.UNKNOWN
        return text, Verdict.WARNING
