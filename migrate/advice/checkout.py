"""How an app would use its broker, by its checkout alone: Procfile, and settings by import."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from migrate.advice.imported import Imported
from migrate.advice.practice import Practice
from migrate.advice.process_commands import read_commands
from migrate.advice.severity import on_plan
from migrate.brokers.report import Unreadable
from migrate.clients.app_settings import import_settings
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


class Checkout(Struct, frozen=True):
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
        known = Practice(
            app=self.directory.resolve().name,
            add_on="",
            plan=plan,
            formation=formation,
            commands=commands,
            variables=frozenset(variables),
            own_variables=frozenset({"CLOUDAMQP_URL"}),
            copies=(),
            source="checkout",
            address=PLACE,
            is_to_move=to_move,
        )
        return on_plan(self._imported(commands.workers, variables).put_into(known), plan)

    def _formation(self) -> tuple[ProcessType, ...]:
        try:
            commands = read(self.directory)
        except NoProcfile as error:
            raise UsageError(f"{error}.", next="migrate-plan doctor --app-dir DIR    (DIR has a Procfile)") from None
        return tuple(ProcessType(name, 1, command) for name, command in commands.items())

    def _imported(self, workers: tuple[WorkerCommand, ...], variables: Mapping[str, str]) -> Imported:
        named = [item for item in workers if item.app]
        if not named:
            return Imported(Unreadable("no worker in the Procfile names its app with -A"))
        environ = {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(variables)
        place, app = self.directory / named[0].folder, named[0].app
        plain = import_settings(self._python(), place, app, environ)
        if isinstance(plain, Unreadable):
            return Imported(plain)
        return Imported(plain, import_settings(self._python(), place, app, {**environ, EAGER: "True"}))

    def _python(self) -> Path:
        own = self.directory / ".venv" / "bin" / "python"
        # Where it is, for the process runs in the app's directory.
        return (self.python or (own if own.exists() else Path(sys.executable))).absolute()
