"""Commands that are loaded when they are asked for: one is, all of them are for the list that help shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from migrate.cli.plain_values import PlainGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import typer


class OnDemand(Mapping[str, Any]):
    """Typer's commands by name, in the order that is given, each from an application that has nothing else."""

    def __init__(self, names: Sequence[str], application_of: Callable[[str], typer.Typer]) -> None:
        self._names = names
        self._application_of = application_of
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a command; its file is loaded when it is asked for first."""
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            command = get_command(self._application_of(name))
            self._made[name] = getattr(command, "commands", {}).get(name, command)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def group_of(commands: Mapping[str, Any]) -> type[PlainGroup]:
    """Given commands, return the kind of group that has these below it."""

    class Group(PlainGroup):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings | {"commands": commands})

    return Group
