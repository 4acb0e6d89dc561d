"""Settings that an import has told instead of a worker: pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.brokers.report import Unreadable, WorkerNode, WorkerReport

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.clients.app_settings import AppSettings

_EAGER: Final = "task_always_eager"


class Imported(Struct, frozen=True):
    """What an app is set to as it is, and with CELERY_ALWAYS_EAGER set."""

    plain: AppSettings | Unreadable
    eager: AppSettings | Unreadable | None = None
    """None where that was not tried."""
    by: str = "the checkout"
    """Who says it."""

    def put_into(self, practice: Practice) -> Practice:
        """Given how an app uses its broker, return that with these settings, as if a worker had told them."""
        if isinstance(self.plain, Unreadable):
            return replace(practice, workers=self.plain, software=self.plain, turns_eager=None)
        return replace(
            practice,
            workers=WorkerReport((WorkerNode(self.by, (), (), 0, (), 0, settings=self.plain.settings),)),
            software=(self.plain.software,),
            turns_eager=self._turns_eager(self.plain),
        )

    def _turns_eager(self, plain: AppSettings) -> bool | None:
        # One that is eager anyway does not turn so.
        if self.eager is None or isinstance(self.eager, Unreadable) or plain.settings.get(_EAGER) is True:
            return None
        return self.eager.settings.get(_EAGER) is True
