"""A rehearsal: an app under traffic is migrated, its tasks and requests are counted and judged."""
