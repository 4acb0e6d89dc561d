"""Who else hears of a migration, by what was asked for: an audit log, hooks, a chat."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.holder import who

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.cli.speech import Speech
    from migrate.clock import Clock
    from migrate.listeners import Listener
    from migrate.listeners.hooks import Hooks


class Audience(Struct, frozen=True):
    """What was asked for."""

    audit_log: Path | None = None
    hooks: tuple[str, ...] = ()
    notify: str | None = None
    """A URL, which is a secret."""

    def join(self, speech: Speech) -> None:
        """Have them hear what happens; raises AuditLogUnusable or UsageError before anything does."""
        listeners, hooks = self.gathered(speech.clock, speech.mention)
        speech.listeners += listeners
        speech.hooks = hooks or speech.hooks

    def gathered(self, clock: Clock, say: Callable[[str], None]) -> tuple[tuple[Listener, ...], Hooks | None]:
        """Return whoever is to hear, and the hooks among them, which are asked as well; raises as join does."""
        from migrate.clients.audit_file import AuditFile
        from migrate.clients.hook_process import Hook
        from migrate.clients.webhook import Webhook
        from migrate.listeners.audit_log import AuditLog
        from migrate.listeners.hooks import Hooks
        from migrate.listeners.notifier import Notifier

        # First of all, so that its URL is known to be a secret before anything is written or run.
        receiver = Webhook.at(self.notify) if self.notify else None
        listeners: list[Listener] = []
        if self.audit_log is not None:
            listeners.append(AuditLog(AuditFile(self.audit_log), clock, who(), say))
        hooks = Hooks(tuple(map(Hook, self.hooks)), clock, say) if self.hooks else None
        if hooks is not None:
            listeners.append(hooks)
        if receiver is not None:
            listeners.append(Notifier(receiver, who(), say))
        return tuple(listeners), hooks

    def options(self) -> list[str]:
        """Return what to type so that the same hear of it again; the chat's URL is in no command."""
        words: list[str] = []
        if self.audit_log is not None and "MIGRATE_AUDIT_LOG" not in os.environ:
            words += ["--audit-log", str(self.audit_log)]
        for hook in self.hooks:
            words += ["--hook", hook]
        return words


NOBODY: Final = Audience()
