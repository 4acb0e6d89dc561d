"""A git checkout to push from, as somebody has it who works on an app; and a wheel that can be held back."""

from __future__ import annotations

import os
import subprocess
import threading
import zipfile
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Self

from migrate.sandbox.rehearsal.rehearsal import environment

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.sandbox.address import SandboxAddress

PROCFILE = "web: python -m http.server $PORT --bind 127.0.0.1\n"
WHEEL = "greeting-1.0-py3-none-any.whl"


@dataclass
class Checkout:
    """A repository whose remote `heroku` is what the app's would be at Heroku."""

    directory: Path
    address: SandboxAddress
    app: str

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "heroku", f"https://git.heroku.com/{self.app}.git")

    def environment(self, **changes: str) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "HEROKU_"))}
        person = {
            f"GIT_{role}_{part}": "dev@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
        }
        own = {"HOME": str(self.directory), "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
        return plain | person | own | environment(self.address) | changes

    def git(self, *words: str, **changes: str) -> str:
        finished = self.attempt(*words, **changes)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout.strip()

    def attempt(self, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *words],
            cwd=self.directory,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def commit(self, files: dict[str, str | bytes]) -> str:
        """Commit files and return the commit."""
        for name, content in files.items():
            (self.directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", *files)
        self.git("commit", "--quiet", "--message=change")
        return self.git("rev-parse", "HEAD")

    def push(self, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return self.attempt("push", "heroku", *(words or ("main",)), **changes)

    def pushing(self) -> subprocess.Popen[bytes]:
        """Start a push and leave it running, in a process group of its own."""
        return subprocess.Popen(
            ["git", "push", "heroku", "main"],
            cwd=self.directory,
            env=self.environment(),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def wheel(word: str) -> bytes:
    """The smallest package that pip installs: `greeting`, which knows a word."""
    information = "greeting-1.0.dist-info"
    files = {
        "greeting.py": f"WORD = {word!r}\n",
        f"{information}/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{information}/RECORD": f"greeting.py,,\n{information}/METADATA,,\n{information}/WHEEL,,\n",
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


class HeldWheel:
    """A place on loopback from which pip gets a wheel only when it is let go: until then the build runs."""

    def __init__(self) -> None:
        self.asked, self._free = threading.Event(), threading.Event()
        held = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                held.asked.set()
                held._free.wait(100)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(wheel("held"))

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def requirements(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{WHEEL}\n"

    def let_go(self) -> None:
        self._free.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        self._server.shutdown()
        self._server.server_close()
