"""The environment of a dyno: minimal, the app's config vars, and what Heroku adds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_PROGRAMS: Final = Path(sys.executable).parent
"""Where the interpreter that runs the sandbox is; slugs without requirements of their own use it too."""


def of_dyno(
    home: Path, name: str, port: int | None, *layers: Mapping[str, str], programs: Path = OWN_PROGRAMS
) -> dict[str, str]:
    """Given the layers of config (later ones win), return the whole environment of a dyno.

    Nothing comes from the sandbox's own environment but the place of the system's commands, and
    `programs` before them. https://devcenter.heroku.com/articles/dynos#local-environment-variables
    """
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # the user's own directory stays as it is
    }
    for layer in layers:
        environment |= layer
    environment |= {"HOME": str(home), "TMPDIR": str(home), "DYNO": name}
    return environment | ({"PORT": str(port)} if port else {})
