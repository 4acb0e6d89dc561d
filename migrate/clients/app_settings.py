"""A Celery app's settings by import, in a process of the app's own Python: no code of the app runs in this one.

What leaves that process is filtered in it, by the text of ``migrate.advice.setting_names``, which needs nothing but
Python itself.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.advice import setting_names
from migrate.brokers.report import Software, Unreadable
from migrate.migration import EAGER

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS: Final = 60.0
"""How long an import may take."""
MARK: Final = "migrate-plan-settings:"
"""Begins the one line that is read of what the process prints: the app may print more."""
END: Final = f"{MARK}end"
"""What a dyno prints last."""
_ASK: Final = f"""
import json, os, re, sys

def _about(error):
    if isinstance(error, ImportError):
        text, shape = getattr(error, "name", None), "[A-Za-z_][A-Za-z0-9_.]*"
    else:
        text, shape = error.args[0] if isinstance(error, KeyError) and error.args else None, "[A-Z][A-Z0-9_]*"
    return text if isinstance(text, str) and re.fullmatch(shape, text) else None

try:
    sys.path.insert(0, "")
    import celery, kombu
    from celery.app.utils import find_app
    app = find_app(sys.argv[1])
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        # Celery would take an error of theirs for a setting that is missing.
        from django.conf import settings
        settings.INSTALLED_APPS
    app.conf.broker_pool_limit
    told = dict(celery=celery.__version__, kombu=kombu.__version__)
    told["settings"] = kept(dict(app.conf.table(with_defaults=False, censored=True)))
except BaseException as error:
    told = dict(error=type(error).__name__, about=_about(error))
print("{MARK}" + json.dumps(told))
"""


class AppSettings(Struct, frozen=True):
    """What an app is set to, without what has its default, and what it runs on."""

    settings: Mapping[str, object]
    software: Software


def script() -> str:
    """Return what to run as ``python -c SCRIPT APP``; it prints one line that begins with MARK."""
    return Path(setting_names.__file__).read_text(encoding="utf-8") + _ASK


def shell_command(app: str, folder: str = "") -> str:
    """Given what follows -A, and what --workdir names, return a command line that prints that line twice on a dyno.

    The second time with CELERY_ALWAYS_EAGER set; then a line that has END in it. The script is packed, for it has
    quotes of all kinds. Heroku logs the command line itself too, in which neither mark may stand as it is printed.
    """
    packed = base64.b64encode(zlib.compress(script().encode(), 9)).decode()
    run = f'python -c "$SCRIPT" {shlex.quote(app)}'
    there = f"cd {shlex.quote(folder)} && " if folder else ""
    script_of_it = f"SCRIPT=\"import base64,zlib;exec(zlib.decompress(base64.b64decode('{packed}')))\""
    return f"{there}{script_of_it}; {run}; {EAGER}=True {run}; echo {END.replace(':', chr(39) + ':' + chr(39))}"


def import_settings(
    python: Path, directory: Path, app: str, environ: Mapping[str, str], seconds: float = SECONDS
) -> AppSettings | Unreadable:
    """Given the app's Python, its directory and what follows -A, return its settings, or why they are not known.

    The process sees ``environ`` and nothing else. Of what an import raises only the kind is told, and which module or
    variable is missing: a message may hold a secret.
    """
    try:
        finished = subprocess.run(  # noqa: S603 -- the operator's own app, which is what was asked for
            [python, "-c", script(), app],
            cwd=directory,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except OSError as error:
        return Unreadable(f"{python} cannot be run ({error.strerror})")
    except subprocess.TimeoutExpired:
        return Unreadable(f"the import of {app} took longer than {seconds:.0f} s")
    return told_by(finished.stdout.decode("utf-8", "replace"), app)


def told_by(output: str, app: str) -> AppSettings | Unreadable:
    """Given what the script has printed, return what it says."""
    lines = [line.partition(MARK)[2] for line in output.splitlines() if MARK in line]
    try:
        body = json.loads(lines[-1])
        if "error" in body:
            return Unreadable(f"{app} cannot be imported ({_named(body)})")
        return AppSettings(
            setting_names.kept(body["settings"]), Software(_number(body["celery"]), _number(body["kombu"]))
        )
    except (IndexError, ValueError, KeyError, TypeError, AttributeError):
        return Unreadable(f"importing {app} ended without an answer")


def _named(body: Mapping[str, Any]) -> str:
    about = f": {body['about']}" if body.get("about") else ""
    return f"{body['error']}{about}"


def _number(version: str) -> tuple[int, ...] | None:
    found = re.match(r"\d+(?:\.\d+)+", version)
    return tuple(map(int, found[0].split("."))) if found else None
