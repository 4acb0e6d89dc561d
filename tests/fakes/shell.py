"""A shell whose one command is a function: what it does to the world, and the status that it ends with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class FakeCommand:
    """A command that runs for some looks."""

    holder: str
    run: Callable[[], int]
    looks: int

    def status(self, _seconds: float) -> int | None:
        self.looks -= 1
        return None if self.looks >= 0 else self.run()

    def end(self) -> None:
        """Nothing holds it."""


@dataclass
class FakeShell:
    """Starts it, as often as it is asked to."""

    run: Callable[[], int] = lambda: 0
    looks: int = 0
    """For so many looks it runs."""
    holder: str = "ann@elsewhere (0000deadbeef) pid 7"
    commands: list[str] = field(default_factory=list)

    def start(self, command: str) -> FakeCommand:
        self.commands.append(command)
        return FakeCommand(self.holder, self.run, self.looks)
