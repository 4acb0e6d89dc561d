"""The environment of a dyno: minimal, the app's config vars, and what Heroku adds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SEARCH_PATHS: Final = frozenset({"PYTHONPATH"})
OWN_PROGRAMS: Final = Path(sys.executable).parent
"""Where the interpreter that runs the sandbox is; slugs without requirements of their own use it too."""


def of_dyno(
    home: Path,
    name: str,
    port: int | None,
    *layers: Mapping[str, str],
    programs: Path = OWN_PROGRAMS,
    added: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Given the layers of config (later ones win), return the whole environment of a dyno.

    Nothing comes from the sandbox's own environment but the place of the system's commands, and
    `programs` before them. https://devcenter.heroku.com/articles/dynos#local-environment-variables
    What is `added` is no config var; a search path goes before the app's own.
    """
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # the user's own directory stays as it is
    }
    for layer in layers:
        environment |= layer
    environment |= _before(environment, added or {})
    environment |= {"HOME": str(home), "TMPDIR": str(home), "DYNO": name}
    return environment | ({"PORT": str(port)} if port else {})


def _before(environment: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    own = {name: environment[name] for name in added if name in SEARCH_PATHS and environment.get(name)}
    return {name: os.pathsep.join((value, own[name])) if name in own else value for name, value in added.items()}
