"""Who else hears of a migration, by what was asked for: an audit log, hooks, a chat."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from migrate.holder import who

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.cli.speech import Speech


@dataclass(frozen=True)
class Audience:
    """What was asked for."""

    audit_log: Path | None = None
    hooks: tuple[str, ...] = ()
    notify: str | None = None
    """A URL, which is a secret."""

    def join(self, speech: Speech) -> None:
        """Have them hear what happens; raises AuditLogUnusable or UsageError before anything does."""
        from migrate.clients.audit_file import AuditFile
        from migrate.clients.hook_process import Hook
        from migrate.clients.webhook import Webhook
        from migrate.listeners.audit_log import AuditLog
        from migrate.listeners.hooks import Hooks
        from migrate.listeners.notifier import Notifier

        say = speech.mention
        # First of all, so that its URL is known to be a secret before anything is written or run.
        receiver = Webhook.at(self.notify) if self.notify else None
        if self.audit_log is not None:
            speech.listeners += (AuditLog(AuditFile(self.audit_log), speech.clock, who(), say),)
        if self.hooks:
            speech.hooks = Hooks(tuple(map(Hook, self.hooks)), speech.clock, say)
            speech.listeners += (speech.hooks,)
        if receiver is not None:
            speech.listeners += (Notifier(receiver, who(), say),)

    def options(self) -> list[str]:
        """Return what to type so that the same hear of it again; the chat's URL is in no command."""
        words: list[str] = []
        if self.audit_log is not None and "MIGRATE_AUDIT_LOG" not in os.environ:
            words += ["--audit-log", str(self.audit_log)]
        for hook in self.hooks:
            words += ["--hook", hook]
        return words


NOBODY: Final = Audience()
