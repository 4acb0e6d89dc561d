"""What Heroku has now, for completion alone: read once in five minutes, within a moment, or not at all.

No token is asked for or renewed: the one in HEROKU_API_KEY or netrc is used, or nothing is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from migrate.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clients.heroku import Heroku
    from migrate.secrets import Secret

    Pairs = list[tuple[str, str]]

T = TypeVar("T")
BUDGET_SECONDS: Final = 0.6
"""For one reading; a person who has pressed Tab waits for it."""
FRESH_SECONDS: Final = 300


def apps() -> Pairs:
    """Return the names of the account's apps."""
    return _live("apps", lambda heroku: [(app.name, "") for app in heroku.apps()])


def add_ons(app: str) -> Pairs:
    """Given an app, return the names of its CloudAMQP add-ons, with their plans."""

    def read(heroku: Heroku) -> Pairs:
        return [(item.name, item.plan) for item in heroku.add_ons(app) if item.service == "cloudamqp"]

    return _live(f"add-ons of {app}", read) if app else []


def plans() -> Pairs:
    """Return CloudAMQP's plans as they are ordered, with prices."""

    def read(heroku: Heroku) -> Pairs:
        return [
            (plan.name.partition(":")[2], "" if plan.cents is None else f"{plan.cents / 100:.0f} USD a {plan.unit}")
            for plan in heroku.plans("cloudamqp")
        ]

    return _live("plans", read)


def process_types(app: str) -> Pairs:
    """Given an app, return its process types, with how many dynos there are of each."""

    def read(heroku: Heroku) -> Pairs:
        return [(item.type, f"{item.quantity} now") for item in heroku.formation(app)]

    return _live(f"formation of {app}", read) if app else []


def in_time(read: Callable[[], list[T]]) -> list[T]:
    """Given what reads a list, return the list, or an empty one where that fails or takes too long."""
    found: list[T] = []

    def work() -> None:
        with suppress(Exception):
            found.extend(read())

    # Not a signal: a look-up of a name cannot be interrupted by one.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(BUDGET_SECONDS)
    return [] if thread.is_alive() else found


def _live(what: str, read: Callable[[Heroku], Pairs]) -> Pairs:
    def look() -> Pairs:
        from migrate.clients.heroku_token import api_url, stored_token

        url = api_url(os.environ)
        token = stored_token(os.environ, url)
        if token is None:
            return []
        path = _place(what, url, token)
        if (known := _fresh(path)) is not None:
            return known
        found = read(_heroku(url, token))
        _keep(path, found)
        return found

    return in_time(look)


def _heroku(url: str, token: Secret) -> Heroku:
    from migrate.clients.heroku import Heroku
    from migrate.clients.heroku_transport import HerokuTransport

    return Heroku(HerokuTransport(token, SystemClock(), url), lambda read: read())


def _place(what: str, url: str, token: Secret) -> Path:
    # Another account sees other apps; the name of the file tells neither account nor token.
    from platformdirs import user_cache_path

    key = hashlib.blake2b(f"{url} {what}".encode(), key=token.reveal().encode()[:64], digest_size=12)
    return Path(user_cache_path("migrate-plan")) / "completion" / f"{key.hexdigest()}.json"


def _fresh(path: Path) -> Pairs | None:
    with suppress(OSError, ValueError, TypeError):
        age = SystemClock().now().timestamp() - path.stat().st_mtime
        if 0 <= age < FRESH_SECONDS:
            return [(str(name), str(words)) for name, words in json.loads(path.read_text("utf-8"))]
    return None


def _keep(path: Path, found: Pairs) -> None:
    from migrate.clients import private_file

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        private_file.put(path, json.dumps(found))
