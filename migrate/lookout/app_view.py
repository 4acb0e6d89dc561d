"""The app as Heroku shows it while a drain is watched: for words only, so an outage of Heroku holds nothing up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from migrate.errors import MigrateError
from migrate.lookout.suspects import Setting
from migrate.workers import workforce
from migrate.workers.eagerness import ACCEPTED

if TYPE_CHECKING:
    from migrate.run import Run

_FRESH_SECONDS: Final = 30.0


@dataclass
class AppView:
    """Reads the app when asked, at most every half minute."""

    run: Run
    _last: Setting | None = None
    _due: float = field(default=0.0)

    def setting(self) -> Setting:
        """Return what the app looks like, as far as it can be read now."""
        clock = self.run.clock
        if self._last is None or clock.monotonic() >= self._due:
            self._last = self._read()
            self._due = clock.monotonic() + _FRESH_SECONDS
        return self._last

    def forget(self) -> None:
        """Read anew when asked next."""
        self._last = None

    def eager_for(self) -> float | None:
        """Return for how many seconds tasks have been asked to go elsewhere; None where that is not known."""
        since = self.run.journal.intended_at(self._diversion)
        return None if since is None else (self.run.clock.now() - since).total_seconds()

    @property
    def _diversion(self) -> str:
        return "eager-on" if self.run.migration.is_eager else "bridge-on"

    def _read(self) -> Setting:
        app, heroku = self.run.app, self.run.heroku_once or self.run.heroku
        outcome = self.run.journal.outcome(self._diversion) or {}
        # Worker dynos that this migration itself has taken to 0 explain nothing, and could not show anything.
        down = workforce.are_down(self.run.journal)
        reads = None if down else ACCEPTED not in self.run.migration.accepted
        bridged = not self.run.migration.is_eager
        version = int(outcome.get("version", 0))
        known = Setting(app, version, self.eager_for(), bridged=bridged, reads_variable=reads)
        try:
            attachments = heroku.attachments_of(self.run.migration.add_on_id)
            return Setting(
                app=app,
                version=known.version,
                eager_for=known.eager_for,
                dynos=heroku.dynos(app),
                formation=tuple(item for item in heroku.formation(app) if not (down and item.runs_celery_worker)),
                attached_to=tuple(sorted({item.app for item in attachments} - {app})),
                preboot=heroku.preboot(app),
                bridged=bridged,
                reads_variable=reads,
            )
        except MigrateError:
            return known
