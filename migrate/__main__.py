"""The program: ``migrate-plan``, also ``python -m migrate``."""

from __future__ import annotations

import io
import os
import signal
import sys


def main() -> None:
    """Run the command line of this process."""
    # Until a command listens to it, Ctrl-C ends the process as SIGTERM does, and not in the middle of an import.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that its characters cannot spell must not end a migration.
            stream.reconfigure(errors="backslashreplace")
    from migrate.cli.app import main as run

    run()


def _open_what_is_closed() -> None:
    """Have what was closed before the start (``<&-``, ``>&-``) lead nowhere: a file would get its number else."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = os.O_RDONLY if name == "stdin" else os.O_WRONLY
            setattr(sys, name, os.fdopen(os.open(os.devnull, mode), "r" if name == "stdin" else "w"))


if __name__ == "__main__":
    main()
