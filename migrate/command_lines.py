"""What a process type's command line starts, as far as it shows; a script hides it.

Options: https://docs.celeryq.dev/en/stable/reference/cli.html
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    Options = tuple[tuple[str, str], ...]
    """Options in their order, each with its value; an empty one for a flag."""


def names(text: str) -> frozenset[str]:
    """Given names of options with spaces between them, return them."""
    return frozenset(text.split())


GLOBAL_VALUES: Final = frozenset(
    {"-A", "--app", "-b", "--broker", "--result-backend", "--loader", "--config", "--workdir"}
)
"""Celery's own options that take a value; since Celery 5 they stand before the subcommand."""
WORKER_VALUES: Final = names(
    "-n --hostname -S --statedb -l --loglevel -O --optimization --prefetch-multiplier -c --concurrency -P --pool "
    "--time-limit --soft-time-limit --max-tasks-per-child --pool-start-method --max-memory-per-child -Q --queues "
    "-X --exclude-queues -I --include --heartbeat-interval --autoscale -s --schedule --schedule-filename --scheduler "
    "-f --logfile --pidfile --uid --gid --umask --executable"
)
WORKER_FLAGS: Final = names(
    "-D --detach --disable-prefetch -E --task-events --events --purge --discard --without-gossip --without-mingle "
    "--without-heartbeat -B --beat"
)
_SHELLS: Final = frozenset({"sh", "bash", "dash"})
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_SUBSTITUTION: Final = re.compile(r"\$\(\([^()]*\)\)|\$\([^()]*\)|`[^`]*`")
_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^{}]*))?\})")
OUTPUT: Final = "$OUTPUT_OF_A_COMMAND"
"""What stands for ``$(...)``: what a shell makes of it is not known."""


class Call(Struct, frozen=True):
    """One known program that a command line starts."""

    program: str
    words: tuple[str, ...]
    """What it is given."""
    assigned: Mapping[str, str]
    """Variables that the line sets for it."""


class CeleryCall(Struct, frozen=True):
    """One call of Celery's command line."""

    subcommand: str
    """worker, beat, flower; empty where there is none."""
    before: Options
    """What stands before the subcommand."""
    after: Options
    rest: tuple[str, ...]
    """Words after it that are no options."""

    def __contains__(self, option: object) -> bool:
        return any(name == option for name, _ in self.options)

    @property
    def options(self) -> Options:
        """All of them; of an option that is given twice Celery takes the last."""
        return (*self.before, *self.after)

    def value(self, *options: str) -> str | None:
        """Given an option's names, return its value; None where it is not given."""
        return value(self.options, *options)


def calls(command: str, programs: Collection[str], variables: Mapping[str, str] | None = None) -> tuple[Call, ...]:
    """Given a command line, names of programs and the dyno's variables, return the calls of these that it shows."""
    return tuple(_calls(command, programs, dict(variables or {})))


def celery_call(words: Sequence[str]) -> CeleryCall:
    """Given what Celery is given, take it apart; an option of the worker is known wherever it stands."""
    values = GLOBAL_VALUES | WORKER_VALUES
    before, rest = options(words, values, until_word=True)
    after, others = options(rest[1:], values)
    return CeleryCall(rest[0] if rest else "", before, after, tuple(others))


def options(
    words: Sequence[str], values: Collection[str], *, until_word: bool = False
) -> tuple[Options, Sequence[str]]:
    """Given words and the options that take a value, return the options and the other words.

    As click reads them: ``-c4``, ``-c 4``, ``--concurrency=4`` and ``--concurrency 4``; ``-EB`` is ``-E -B``.
    With ``until_word`` reading ends at the first other word, which and all that follows is returned.
    """
    found: list[tuple[str, str]] = []
    others: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not word.startswith("-") or word in {"-", "--"}:
            if until_word:
                return tuple(found), words[at - 1 :]
            others.append(word)
            continue
        given, open_ = _split(word, values)
        found += given
        if open_:
            found.append((open_, words[at] if at < len(words) else ""))
            at += 1
    return tuple(found), others


def value(given: Options, *wanted: str) -> str | None:
    """Given options and an option's names, return its last value; None where it is not given."""
    return next((text for name, text in reversed(given) if name in wanted), None)


def expanded(word: str, variables: Mapping[str, str]) -> str:
    """Given a word, return it with the variables that are known in their places; the others stay as they are."""

    def text(found: re.Match[str]) -> str:
        return variables.get(found[1] or found[2]) or (found[0] if found[3] is None else found[3])

    return _VARIABLE.sub(text, word)


def _calls(command: str, programs: Collection[str], variables: dict[str, str]) -> Iterator[Call]:
    exported: dict[str, str] = {}
    for words in _simple_commands(_SUBSTITUTION.sub(OUTPUT, command)):
        assigned, rest = _assignments(words)
        if not rest:
            exported |= assigned
            continue
        known = variables | exported
        at = next((number for number, word in enumerate(rest) if _name(word) in programs), None)
        if (script := _script(rest)) is not None:
            yield from _calls(script, programs, known | assigned)
        elif at is not None:
            own = exported | assigned | _assignments(rest[:at], anywhere=True)[0]
            yield Call(_name(rest[at]), tuple(_spread(rest[at + 1 :], known)), own)


def _simple_commands(command: str) -> Iterator[list[str]]:
    simple: list[str] = []
    for word in _shell_words(command):
        if word and set(word) <= set(";&|()"):
            yield simple
            simple = []
        else:
            simple.append(word)
    yield simple


def _shell_words(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return command.split()


def _assignments(words: Sequence[str], *, anywhere: bool = False) -> tuple[dict[str, str], list[str]]:
    """Return the variables that stand before a program, or with ``env`` anywhere before it, and the other words."""
    assigned: dict[str, str] = {}
    others: list[str] = []
    for word in words:
        found = None if others and not anywhere else _ASSIGNMENT.fullmatch(word)
        if found:
            assigned[found[1]] = found[2]
        elif word != "export" or others:
            others.append(word)
    return assigned, others


def _script(words: Sequence[str]) -> str | None:
    """Return what a shell is given by ``-c``."""
    for number, word in enumerate(words[:-2]):
        if _name(word) in _SHELLS and words[number + 1].startswith("-") and words[number + 1].endswith("c"):
            return words[number + 2]
    return None


def _spread(words: Sequence[str], variables: Mapping[str, str]) -> Iterator[str]:
    """Yield words, those that are a variable and nothing else as what a shell makes of them."""
    for word in words:
        if _VARIABLE.fullmatch(word) and (text := expanded(word, variables)) != word:
            yield from _shell_words(text)
        else:
            yield word


def _split(word: str, values: Collection[str]) -> tuple[list[tuple[str, str]], str]:
    """Given a word with options, return those that are complete and the one that takes the next word."""
    if word.startswith("--"):
        name, equals, text = word.partition("=")
        return ([], name) if name in values and not equals else ([(name, text)], "")
    found: list[tuple[str, str]] = []
    for at, letter in enumerate(word[1:], 1):
        if (name := f"-{letter}") in values:
            text = word[at + 1 :]
            return ([*found, (name, text)], "") if text else (found, name)
        found.append((name, ""))
    return found, ""


def _name(word: str) -> str:
    return word.rpartition("/")[2]
