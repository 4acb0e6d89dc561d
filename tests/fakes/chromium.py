"""A real Chromium, driven over a pipe by the DevTools protocol: https://chromedevtools.github.io/devtools-protocol/

By pipe, because then nothing listens anywhere, and no library is needed: JSON with a zero byte behind each message.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-default-browser-check",
    ),
    *("--disable-extensions", "--mute-audio", "--remote-debugging-pipe"),
)
_BECOME = """
import os, sys
ends = [os.dup(os.dup(os.dup(int(end)))) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Puts the ends of both pipes where Chromium looks for them, and becomes it."""
_DEADLINE = 30.0


@dataclass
class Browser:
    """One browser with one page."""

    _to: int
    _from: int
    _process: subprocess.Popen[bytes]
    _session: str = ""
    _number: int = 0
    _unread: bytes = b""
    requests: list[str] = field(default_factory=list)
    """Every address that the page asked for."""
    errors: list[str] = field(default_factory=list)
    """What its console has complained of."""

    def attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Mapping[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + _DEADLINE
        while (answer := self._read(end)).get("id") != self._number:
            self._hear(answer)
        assert "error" not in answer, answer
        result: Mapping[str, Any] = answer["result"]
        return result

    def open(self, url: str) -> None:
        """Open a page and wait until it is there."""
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def see(self, expression: str) -> Any:
        """Return what an expression is in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression is true in the page."""
        end = time.monotonic() + _DEADLINE
        while not self.see(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.05)

    def size(self, width: int, height: int = 900) -> None:
        """Have the page in a window of this size."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def scheme(self, name: str) -> None:
        """Have the page think that the system prefers light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def print_to(self, path: Path) -> None:
        """Write the page as it would be on paper."""
        pdf = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(pdf["data"]))

    def shoot(self, path: Path, *, whole: bool = True) -> None:
        """Write a picture of the page."""
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(picture["data"]))

    def _read(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            assert ready, "Chromium does not answer"
            more = os.read(self._from, 1 << 16)
            assert more, "Chromium has ended"
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def _hear(self, event: Mapping[str, Any]) -> None:
        told = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(told["exceptionDetails"]))
        elif event.get("method") == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"}:
            self.errors.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif event.get("method") == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning", "assert"}:
            self.errors.append(json.dumps(told["args"]))


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser that knows nothing and nobody, and end it with its folder."""
    assert PROGRAM, "no chromium: scripts/system-packages test"
    inward, outward = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _BECOME,
                str(inward[0]),
                str(outward[1]),
                PROGRAM,
                *_FLAGS,
                f"--user-data-dir={folder}",
            ],
            pass_fds=(inward[0], outward[1]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(inward[0])
        os.close(outward[1])
        browser = Browser(inward[1], outward[0], process)
        try:
            browser.attach()
            yield browser
        finally:
            os.close(inward[1])
            os.close(outward[0])
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    # Without its pipe it ends by itself, with all its children.
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait(10)
