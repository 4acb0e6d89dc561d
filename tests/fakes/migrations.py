"""A migration as it is decided at the start."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from migrate.migration import Migration
from migrate.strategies import planned


def a_migration(**changes: Any) -> Migration:
    migration = Migration(
        id="mig-7f3k2q",
        app="shop",
        add_on="cloudamqp-round-12345",
        add_on_id="01234567-add-on",
        from_plan="cloudamqp:lemur",
        to_plan="cloudamqp:bunny-1",
        attachments=("CLOUDAMQP", "QUEUE"),
        strategy="documented",
        eager_before=None,
        consumed=("celery", "mails"),
        workers=1,
        accepted=("PREBOOT",),
    )
    return replace(migration, **changes)


STEPS = planned(a_migration())
"""What a migration takes for which nobody chose anything in particular."""
