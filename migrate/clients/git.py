"""The app that a checkout deploys to, as the Heroku CLI finds it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Final

_SECONDS: Final = 5
_REMOTE: Final = re.compile(r"heroku\.com[:/](?P<app>[a-z][a-z0-9-]*)\.git$")


def app_of_remote() -> str | None:
    """Return the app that the git remote ``heroku`` of the current directory names, or None."""
    git = shutil.which("git")
    if git is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 -- the program found on PATH, with fixed arguments
            [git, "remote", "get-url", "heroku"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _REMOTE.search(answer.stdout.strip())
    return found["app"] if found else None
