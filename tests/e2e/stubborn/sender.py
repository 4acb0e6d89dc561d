"""Sends tasks by their name until it is stopped: eager mode does not reach that."""

from __future__ import annotations

import time

from shop import app  # type: ignore[attr-defined]  # mypy takes it for another sample's module

while True:
    app.send_task("shop.count")
    time.sleep(0.5)
