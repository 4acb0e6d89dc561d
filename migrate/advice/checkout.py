"""How an app would use its broker, by its checkout alone: Procfile, and settings by import."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from migrate.advice.practice import Practice
from migrate.advice.process_commands import read_commands
from migrate.advice.severity import on_plan
from migrate.broker_report import Unreadable, WorkerNode, WorkerReport
from migrate.clients.app_settings import AppSettings, import_settings
from migrate.errors import UsageError
from migrate.migration import EAGER
from migrate.platform import ProcessType
from migrate.procfile import NoProcfile, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.advice.process_commands import WorkerCommand

PLACE: Final = "broker.invalid/doctor"
_URL: Final = "amqp://doctor:nothing@broker.invalid/doctor"
"""What the variable of the add-on holds while the app is imported: leads nowhere (RFC 2606), and is known again."""
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
_NODE: Final = "the checkout"


@dataclass(frozen=True)
class Checkout:
    """The directory of an app, and how to import it."""

    directory: Path
    python: Path | None = None
    """None: that of its own .venv, else that of this program."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Config vars beside the add-on's."""

    def practice(self, plan: str, *, to_move: bool = False) -> Practice:
        """Given the full name of a plan, return how the app would use its broker there; raises UsageError."""
        formation = self._formation()
        variables = {"CLOUDAMQP_URL": _URL, **self.variables}
        commands = read_commands(formation, variables)
        imported, eager = self._imported(commands.workers, variables)
        known = Practice(
            app=self.directory.resolve().name,
            add_on="",
            plan=plan,
            formation=formation,
            commands=commands,
            workers=imported if isinstance(imported, Unreadable) else _report(imported),
            software=imported if isinstance(imported, Unreadable) else (imported.software,),
            variables=frozenset(variables),
            own_variables=frozenset({"CLOUDAMQP_URL"}),
            copies=(),
            is_checkout=True,
            address=PLACE,
            turns_eager=eager,
            is_to_move=to_move,
        )
        return on_plan(known, plan)

    def _formation(self) -> tuple[ProcessType, ...]:
        try:
            commands = read(self.directory)
        except NoProcfile as error:
            raise UsageError(f"{error}.", next="migrate-plan doctor --app-dir DIR    (DIR has a Procfile)") from None
        return tuple(ProcessType(name, 1, command) for name, command in commands.items())

    def _imported(
        self, workers: tuple[WorkerCommand, ...], variables: Mapping[str, str]
    ) -> tuple[AppSettings | Unreadable, bool | None]:
        """Return the app's settings, and whether the variable makes it eager; None where that is not known."""
        named = [item for item in workers if item.app]
        if not named:
            return Unreadable("no worker of the Procfile names its app by -A"), None
        environ = {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(variables)
        place = self.directory / named[0].folder
        found = import_settings(self._python(), place, named[0].app, environ)
        if isinstance(found, Unreadable):
            return found, None
        again = import_settings(self._python(), place, named[0].app, {**environ, EAGER: "True"})
        eager = again.settings.get("task_always_eager") if isinstance(again, AppSettings) else None
        return found, None if isinstance(again, Unreadable) else eager is True

    def _python(self) -> Path:
        own = self.directory / ".venv" / "bin" / "python"
        # Where it is, for the process runs in the app's directory.
        return (self.python or (own if own.exists() else Path(sys.executable))).absolute()


def _report(found: AppSettings) -> WorkerReport:
    return WorkerReport((WorkerNode(_NODE, (), (), 0, (), 0, settings=found.settings),))
