"""The demo app, imported with config vars of its own: it reads them when it is imported, as dynos do."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from unittest import mock

directory = Path(tempfile.mkdtemp(prefix="demo-app-"))
atexit.register(shutil.rmtree, directory, ignore_errors=True)
CONFIG = {"LEDGER_PATH": str(directory / "ledger.jsonl"), "CLOUDAMQP_URL": "memory://", "DYNO": "web.1"}

with mock.patch.dict(os.environ, CONFIG):
    from migrate.sandbox.demo import canvases, handing, tasks, web

__all__ = ["canvases", "handing", "tasks", "web"]
