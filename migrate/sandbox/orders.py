"""What the server is told at its start, in a file: argv is public, and config vars may be secrets."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from migrate.sandbox.settings import SandboxSettings

_FILE = "orders.json"


@dataclass(frozen=True)
class Orders:
    """Settings, where the app is, the config vars it starts with, and what its dynos get besides."""

    settings: SandboxSettings
    app_dir: Path
    config_vars: dict[str, str]
    throwaway: bool
    dyno_environment: dict[str, str] = field(default_factory=dict)

    def write(self, directory: Path) -> None:
        """Write the orders into the sandbox's directory, readable by its owner alone."""
        document = {
            "settings": self.settings.to_json(),
            "app_dir": str(self.app_dir),
            "config_vars": self.config_vars,
            "throwaway": self.throwaway,
            "dyno_environment": self.dyno_environment,
        }
        descriptor = os.open(directory / _FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(document, stream)


def read(directory: Path) -> Orders:
    """Given the sandbox's directory, return its orders."""
    document = json.loads((directory / _FILE).read_text())
    return Orders(
        settings=SandboxSettings.from_json(document["settings"]),
        app_dir=Path(document["app_dir"]),
        config_vars=document["config_vars"],
        throwaway=document["throwaway"],
        dyno_environment=document["dyno_environment"],
    )
