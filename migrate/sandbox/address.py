"""Where a running sandbox is: the file that its server writes and everybody else reads."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from migrate.sandbox import registry

CA_FILE = "ca.pem"
"""The authority behind the sandbox's TLS ports, in its directory."""
_FILE = "sandbox.json"


@dataclass(frozen=True)
class SandboxAddress:
    """Everything needed to use a sandbox. URLs have no trailing slash; the token is a secret of no worth."""

    directory: Path
    pid: int
    created: float
    """When the server started, in seconds since 1970: a pid alone may be a stranger's by now."""
    api_url: str
    token: str
    app: str
    router_url: str
    rabbitmq_api: str
    """Empty for a sandbox without a broker."""

    def to_json(self) -> str:
        """Return the address as one line."""
        return json.dumps(asdict(self) | {"directory": str(self.directory)})

    @classmethod
    def from_json(cls, text: str) -> SandboxAddress:
        """Given what to_json returned, return the address."""
        document = json.loads(text)
        return cls(**document | {"directory": Path(document["directory"])})

    def write(self) -> None:
        """Write the file, whole or not at all, readable by its owner alone."""
        temporary = self.directory / f".{_FILE}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(self.to_json() + "\n")
        temporary.replace(self.directory / _FILE)


def load(directory: Path) -> SandboxAddress | None:
    """Return what the file in a directory says, whether or not that sandbox still runs."""
    try:
        return SandboxAddress.from_json((directory / _FILE).read_text())
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read(directory: Path) -> SandboxAddress | None:
    """Return the address of the sandbox that runs in a directory, None when none does."""
    found = load(directory)
    if found is None or registry.find(found.pid, found.created) is None:
        return None
    return found
