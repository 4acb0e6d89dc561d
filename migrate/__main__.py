"""The program: ``migrate-plan``, also ``python -m migrate``."""

from __future__ import annotations

from migrate.cli.app import main

if __name__ == "__main__":
    main()
