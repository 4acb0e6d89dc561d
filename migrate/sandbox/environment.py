"""The environment of a dyno: minimal, the app's config vars, and what Heroku adds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def of_dyno(home: Path, name: str, port: int | None, *layers: Mapping[str, str]) -> dict[str, str]:
    """Given the layers of config (later ones win), return the whole environment of a dyno.

    Nothing comes from the sandbox's own environment but the place of the interpreter and of the
    system's commands. https://devcenter.heroku.com/articles/dynos#local-environment-variables
    """
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # the user's own directory stays as it is
    }
    for layer in layers:
        environment |= layer
    environment |= {"HOME": str(home), "TMPDIR": str(home), "DYNO": name}
    return environment | ({"PORT": str(port)} if port else {})
