"""Settings of git that come by its environment, so that no file of anybody is changed.

https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COUNT = "GIT_CONFIG_COUNT"
_HELPER = '!f() { test "$1" = get && echo username=heroku && echo "password=$HEROKU_API_KEY"; }; f'
"""Answers with the token that the shell has anyway: it stands in no setting."""
_OF_A_SANDBOX = re.compile(r"^(credential|http|url)\.http://127\.0\.0\.1:\d+/?\.", re.IGNORECASE)
_HEROKU = ("https://git.heroku.com/", "git@heroku.com:", "ssh://git@heroku.com/")


def variables(settings: Sequence[tuple[str, str]], first: int = 0) -> dict[str, str]:
    """Given settings, return the variables that add them, behind `first` others."""
    numbered = list(enumerate(settings, first))
    keys = {f"GIT_CONFIG_KEY_{number}": name for number, (name, _) in numbered}
    values = {f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in numbered}
    return {_COUNT: str(first + len(numbered)), **keys, **values}


def pointing_to(api_url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Given a sandbox and the variables there are, return those that make git take the sandbox for Heroku.

    Settings that came by the environment before stay; those of another sandbox are written over.
    The remotes of the Heroku CLI are https always, those of a real checkout lead to Heroku.
    """
    settings = [
        (f"credential.{api_url}.helper", ""),  # the user's own helpers must not store the token
        (f"credential.{api_url}.helper", _HELPER),
        (f"http.{api_url}/.proxy", ""),
        *((f"url.{api_url}/.insteadOf", remote) for remote in (_as_https(api_url), *_HEROKU)),
    ]
    added = variables(settings, _first_free(environment))
    return added | {_COUNT: str(max(int(added[_COUNT]), _count(environment)))}


def _as_https(api_url: str) -> str:
    return f"https{api_url.removeprefix('http')}/"


def _count(environment: Mapping[str, str]) -> int:
    given = environment.get(_COUNT, "")
    return int(given) if given.isdigit() else 0


def _first_free(environment: Mapping[str, str]) -> int:
    """Return the number behind the last setting, or that of the first one of another sandbox."""
    count = _count(environment)
    names = (environment.get(f"GIT_CONFIG_KEY_{number}", "") for number in range(count))
    return next((number for number, name in enumerate(names) if _OF_A_SANDBOX.match(name)), count)
