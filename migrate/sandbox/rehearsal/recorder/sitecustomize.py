"""Python runs this at the start of every process that has its directory first in PYTHONPATH.

See https://docs.python.org/3/library/site.html. It loads nothing but what is loaded already, since gevent
and eventlet want to patch the standard library first, and waits until the app imports `celery.signals`.
Runs in the app's own interpreter: Python 3.7 or newer.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

_PLACE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  pathlib is not loaded yet


class BesideSignals:
    """Finds `celery.signals` where everybody does, and has the recorder connected once it is loaded."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Given a module's name, return how it is loaded; None for all modules but one."""
        if name != "celery.signals":
            return None
        sys.meta_path.remove(self)
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path)
        spec = next((item for item in found if item is not None), None)
        if spec is not None and spec.loader is not None:
            _follow(spec.loader)
        return spec


def _follow(loader: Any) -> None:
    load = loader.exec_module

    def load_and_record(module: Any) -> None:
        load(module)
        _recorder().connect(module, os.environ)

    loader.exec_module = load_and_record


def _recorder() -> Any:
    from importlib import util  # noqa: PLC0415  Celery has loaded it by now

    spec: Any = util.spec_from_file_location("celery_recorder", os.path.join(_PLACE, "celery_recorder.py"))  # noqa: PTH118
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run_the_one_behind() -> None:
    """Run the sitecustomize that this one hides, where the interpreter or the app has one."""
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != _PLACE]  # noqa: PTH100
    hidden_by = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")  # another one, now that this directory is out of the way
    except ModuleNotFoundError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = hidden_by


if __name__ == "sitecustomize":
    sys.meta_path.insert(0, BesideSignals())
    _run_the_one_behind()
