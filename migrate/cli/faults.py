"""What nobody foresaw: never a stack trace by itself, with ``--debug`` one without secrets."""

from __future__ import annotations

import sys

from migrate.cli.given import GIVEN


def trace(error: BaseException) -> None:
    """With ``--debug`` write on stderr how a fault came about: files, lines, messages; never what variables hold."""
    if GIVEN.get().debug:
        import traceback

        lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
        _write("".join(lines))


def watch() -> None:
    """From here on let what is caught nowhere, in whichever thread, say one line instead of a stack trace."""
    import threading

    sys.excepthook = lambda _type, error, _traceback: _say(error)
    threading.excepthook = lambda ended: _say(ended.exc_value)
    # What fails while an object is thrown away changes nothing any more.
    sys.unraisablehook = lambda item: trace(item.exc_value) if item.exc_value is not None else None


def _say(error: BaseException | None) -> None:
    if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
        return
    trace(error)
    words = " ".join(str(error).split())
    _write(
        f"migrate-plan itself failed ({type(error).__name__}): {words}\n  runbook: migrate-plan runbook UNEXPECTED\n"
    )


def _write(text: str) -> None:
    from migrate.secrets import redact_fault

    # Not through the listeners: one of them may be at fault.
    try:
        sys.stderr.write(redact_fault(text))
        sys.stderr.flush()
    except OSError:
        return  # nobody reads
