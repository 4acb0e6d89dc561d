"""Where the Heroku token comes from, in the order that finds what the Heroku CLI itself would use."""

from __future__ import annotations

import netrc
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from migrate.clients.heroku_transport import DEFAULT_API
from migrate.errors import TokenMissing, UsageError
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLI_SECONDS: Final = 20
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+")
_URL: Final = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+)(:[0-9]{1,5})?")
_HEROKU_DOMAINS: Final = (".heroku.com", ".herokai.com", ".herokuspace.com", ".herokudev.com")


def find_token(environment: Mapping[str, str], base_url: str) -> Secret:
    """Given the environment and the API's URL, return the token; raises TokenMissing.

    HEROKU_API_KEY, then ``heroku auth:token`` (since version 11 the CLI keeps the token in the system's
    keychain, so netrc alone finds nothing), then netrc.
    https://devcenter.heroku.com/articles/authentication
    """
    found = environment.get("HEROKU_API_KEY", "").strip() or _from_cli(environment) or _from_netrc(base_url)
    if not found:
        raise TokenMissing
    return Secret(found)


def stored_token(environment: Mapping[str, str], base_url: str) -> Secret | None:
    """Return the token that is there without asking any program for it, or None: HEROKU_API_KEY, then netrc."""
    found = environment.get("HEROKU_API_KEY", "").strip() or _from_netrc(base_url)
    return Secret(found) if found else None


def api_url(environment: Mapping[str, str]) -> str:
    """Given the environment, return the API's base URL, reading HEROKU_HOST as the Heroku CLI does.

    A URL of this machine is taken as it is, a bare host name becomes ``https://api.HOST``.
    Raises UsageError for any other URL: the CLI would silently talk to production instead.
    """
    host = environment.get("HEROKU_HOST", "").rstrip("/")
    if not host:
        return DEFAULT_API
    # Matched in full: URL parsers disagree on backslashes and the like, and the token goes where it leads.
    if (url := _URL.fullmatch(host)) and _is_allowed(url["scheme"], url["host"]):
        return host
    if _HOST.fullmatch(host) and f".{host}".endswith(_HEROKU_DOMAINS):
        return f"https://api.{host}"
    raise UsageError(
        "HEROKU_HOST is neither a host of Heroku nor on this machine.",
        why="The token would be sent there.",
        next="unset HEROKU_HOST    (or: export HEROKU_HOST=http://127.0.0.1:PORT)",
    )


def _is_allowed(scheme: str, host: str) -> bool:
    return host in {"127.0.0.1", "localhost"} or (scheme == "https" and host.endswith(_HEROKU_DOMAINS))


def _from_cli(environment: Mapping[str, str]) -> str | None:
    program = shutil.which("heroku", path=environment.get("PATH", ""))
    if program is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 -- the program found on PATH, with fixed arguments
            [program, "auth:token"],
            capture_output=True,
            text=True,
            timeout=_CLI_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=dict(environment),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def _from_netrc(base_url: str) -> str | None:
    try:
        entry = netrc.netrc().authenticators(urlsplit(base_url).netloc)
    except (OSError, netrc.NetrcParseError):
        return None
    return entry[2] if entry else None
