"""What Heroku has answered a moment ago, so that steps that ask the same in one breath spend one call of the budget.

An answer is kept for as long as a reply may take to come anyway, and never beyond a write or forget(), as at every
wait: whoever waits for a change, or guards a call, sees what Heroku says now. What can never change is kept for good.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clock import Clock

FRESH_SECONDS: Final = 2.0
"""From when a question is sent."""


@dataclass
class RecentReads:
    """Answers by question; one that failed is none."""

    clock: Clock
    _answers: dict[object, tuple[float, Any]] = field(default_factory=dict, repr=False)
    _lasting: dict[object, Any] = field(default_factory=dict, repr=False)

    def answer(self, question: object, ask: Callable[[], Any]) -> Any:
        """Given a question and what asks it, return its recent answer, or the one that it gets now."""
        now = self.clock.monotonic()
        if question in self._answers and now - self._answers[question][0] <= FRESH_SECONDS:
            return self._answers[question][1]
        answer = ask()
        self._answers[question] = now, answer
        return answer

    def keep(self, question: object, answer: object) -> None:
        """Given a question and its answer that cannot change any more, keep it for good."""
        self._lasting[question] = answer

    def known(self, question: object) -> Any:
        """Given a question, return the answer that is kept for good, None where there is none."""
        return self._lasting.get(question)

    def forget(self, question: object = None) -> None:
        """Have a question, or without one everything that may have changed, asked anew."""
        if question is None:
            self._answers.clear()
        else:
            self._answers.pop(question, None)
