"""Runs a benchmark, shows what it prints, and keeps it in RESULTS.md with date, machine and load.

`python benchmarks/results.py TARGET SCRIPT [WORDS]`: TARGET is the one of make. What the same target has found before
is replaced; a table in Markdown stays one, anything else is shown as it was printed.
"""

from __future__ import annotations

import ast
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "RESULTS.md"
HEAD: Final = """# What was measured

Each section was written by the command that it names, `make bench` runs them all. Figures of one table were taken
side by side in one run; those of two runs are not to be compared, for the machine may have had other work.
"""
BUSY: Final = 1.5
"""Above this load average the machine had other work, and what took time took longer."""


def with_section(page: str, heading: str, text: str) -> str:
    """Given a page of sections, return it with one of them replaced, or added at its end."""
    head, *sections = re.split(r"(?m)^(?=## )", page)
    written = f"## {heading}\n\n{text.strip()}"
    kept = [section.strip() for section in sections]
    if any(section.startswith(f"## {heading}\n") for section in kept):
        kept = [written if section.startswith(f"## {heading}\n") else section for section in kept]
    else:
        kept.append(written)
    return "\n\n".join([head.strip(), *kept]) + "\n"


def heading_of(script: Path) -> str:
    """Return what the first line of a script's docstring says that it measures."""
    first = (ast.get_docstring(ast.parse(script.read_text())) or script.stem).partition("\n")[0]
    return first.partition(": `make")[0].rstrip(".")


def signature(target: str, words: list[str], load: float) -> str:
    """Return the line that says how and where the figures came about."""
    command = " ".join([f"make {target}", *([f"({' '.join(words)})"] if words else [])])
    busy = "; **the machine had other work**" if load > BUSY else ""
    python = f"Python {platform.python_version()}"
    where = f"{os.cpu_count()} x {_processor()}, {platform.system()} {platform.release()}, {python}"
    return f"`{command}`, {datetime.now(UTC).date().isoformat()}, {where}, load average before it {load:.1f}{busy}."


def _processor() -> str:
    try:
        found = re.search(r"(?m)^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()


def as_markdown(printed: str) -> str:
    """Given what a script has printed, return it as it is where it has a table in Markdown, in a block otherwise."""
    return printed if re.search(r"(?m)^\|-*\|", printed) else f"```\n{printed.strip()}\n```"


def table(titles: list[str] | tuple[str, ...], rows: list[list[str]]) -> str:
    """Given titles and rows of texts, return a table in Markdown."""
    lines = [f"| {' | '.join(cells)} |" for cells in (titles, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(titles)}", *lines[1:]])


def main() -> int:
    """Run the script, keep its findings, and return its exit status; one that broke off leaves the page alone."""
    target, script, *words = sys.argv[1:]
    load, printed = os.getloadavg()[0], list[str]()
    command = [sys.executable, script, *words]
    at_once = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=at_once) as process:  # noqa: S603 -- ours
        for line in process.stdout or ():
            print(line, end="", flush=True)  # noqa: T201 -- as the script itself would
            printed.append(line)
    if process.returncode in {0, 1} and any(line.strip() for line in printed):
        page = FILE.read_text() if FILE.exists() else HEAD
        text = f"{signature(target, words, load)}\n\n{as_markdown(''.join(printed))}"
        FILE.write_text(with_section(page, heading_of(Path(script)), text))
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
