"""What is decided when a migration begins, and cannot be said again with ``--resume``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

_DECIDED: Final = {
    "add_on": "--add-on",
    "strategy": "--strategy",
    "keep_old": "--keep-old",
    "scale_up": "--scale-up",
    "bridge_worker": "--bridge-worker",
    "keep_copy": "--keep-copy",
    "pause": "--pause",
    "maintenance": "--maintenance",
    "deploy": "--deploy",
    "copy_alarms": "--copy-alarms",
}


def refuse_decided(context: typer.Context) -> None:
    """Given what was typed beside ``--resume``, raise UsageError where some of it would be left out in silence."""
    from migrate.errors import UsageError
    from migrate.wording import listed

    if context.params["dry_run"]:
        raise UsageError(
            "--dry-run cannot be used with --resume.",
            why="A migration that is under way has no preview.",
            next="migrate-plan status    (says where it stands, and changes nothing)",
        )
    names = [option for name, option in _DECIDED.items() if _is_typed(context, name)]
    if context.params["drain_dynos"] is False:
        names.append("--no-drain-dynos")
    if names:
        raise UsageError(
            f"{listed(names)} cannot be used with --resume.",
            why="That was decided when the migration began, and stays so.",
            next="the same command without    (migrate-plan resume --help: what may still be decided)",
        )


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
