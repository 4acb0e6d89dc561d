"""A value is what ``@dataclass(frozen=True)`` would have made of it, whatever is done with its class first."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import threading
from dataclasses import FrozenInstanceError, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

import migrate
from migrate import values
from migrate.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def kinds() -> tuple[Any, Any]:
    """Two classes that nobody has used yet, one below the other."""

    class Point(Value):
        """A point."""

        unit: ClassVar[str] = "m"
        x: int
        y: int = 0
        names: Mapping[str, int] = field(default_factory=dict, compare=False)

        @cached_property
        def far(self) -> int:
            return self.x + self.y

    class Marked(Point):
        mark: str = "-"

        def __post_init__(self) -> None:
            if self.mark == "bad":
                raise ValueError(self.mark)

    return Point, Marked


def plain() -> Any:
    @dataclass(frozen=True)
    class Point:
        """A point."""

        unit: ClassVar[str] = "m"
        x: int
        y: int = 0
        names: Mapping[str, int] = field(default_factory=dict, compare=False)

    return Point


class Kept(Value):
    """Of a module, so that it can be pickled."""

    text: str


def test_values_compare_print_and_hash_by_their_fields() -> None:
    point, _ = kinds()

    assert point(1, 2) == point(x=1, y=2, names={"a": 1})
    assert point(1, 2) != point(2, 1)
    assert hash(point(1, 2)) == hash(point(1, 2)) == hash(plain()(1, 2))
    assert repr(point(1)).replace("kinds", "plain") == repr(plain()(1))
    assert point(3, 4).far == 7


@pytest.mark.parametrize("change", ["set", "delete", "new"])
def test_a_value_cannot_be_changed(change: str) -> None:
    value = kinds()[0](1)

    with pytest.raises(FrozenInstanceError):
        delattr(value, "x") if change == "delete" else setattr(value, "x" if change == "set" else "z", 2)


@pytest.mark.parametrize("first", [0, 1])
def test_a_kind_below_another_has_the_fields_of_both_whichever_is_made_first(first: int) -> None:
    both = kinds()
    both[first](1)

    assert [[item.name for item in dataclasses.fields(kind)] for kind in both] == [
        ["x", "y", "names"],
        ["x", "y", "names", "mark"],
    ]
    assert both[1](1, 2, {}, "m") == both[1](x=1, y=2, mark="m") != both[0](1, 2)
    with pytest.raises(ValueError, match="bad"):
        both[1](1, mark="bad")


def test_the_fields_are_known_before_there_is_a_value() -> None:
    point, marked = kinds()

    assert [item.name for item in dataclasses.fields(marked)][-1] == "mark"
    assert dataclasses.is_dataclass(point)
    assert str(inspect.signature(marked)) == str(inspect.signature(kinds()[1](1).__class__))
    assert vars(point)["__match_args__"] == ("x", "y", "names")


def test_replacing_copying_and_taking_apart_work() -> None:
    point, _ = kinds()
    value = point(1, names={"a": 1})

    assert dataclasses.replace(value, y=5) == point(1, 5)
    assert dataclasses.asdict(value) == {"x": 1, "y": 0, "names": {"a": 1}}
    assert copy.deepcopy(value) == copy.copy(value) == value
    assert pickle.loads(pickle.dumps(Kept("x"))) == Kept("x")  # noqa: S301 -- our own
    with pytest.raises(FrozenInstanceError):
        copy.copy(value).x = 2


@pytest.mark.parametrize("arguments", [(), (1, 2, {}, 4)])
def test_what_is_missing_or_too_much_is_an_error_the_first_time_too(arguments: tuple[Any, ...]) -> None:
    point, _ = kinds()
    words = []
    for kind in (point, point, plain()):
        with pytest.raises(TypeError) as raised:
            kind(*arguments)
        words.append(str(raised.value).rpartition(".")[2])

    assert words[0] == words[1] == words[2]


def test_a_kind_is_made_once_by_many_threads_at_once() -> None:
    for _ in range(20):
        _, marked = kinds()
        made, go = list[Any](), threading.Barrier(8)

        def work(go: threading.Barrier = go, made: list[Any] = made, kind: Any = marked) -> None:
            go.wait()
            made.append(kind(1, names={"a": 1}))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 8
        assert all(item == marked(1) and item.names == {"a": 1} for item in made)


@pytest.mark.parametrize("late", [False, True])
def test_a_kind_whose_making_was_interrupted_can_be_made_later(
    monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    def interrupted(**settings: bool) -> Any:
        def make(kind: type) -> type:
            if late:
                dataclass(**settings)(kind)
            raise KeyboardInterrupt

        return make

    _, marked = kinds()
    with monkeypatch.context() as patched:
        patched.setattr(values, "dataclass", interrupted)
        with pytest.raises(KeyboardInterrupt):
            marked(1)

    assert marked(1, names={"a": 1}).names == {"a": 1}
    assert marked(1) == marked(1, 0, {}, "-")
    assert [item.name for item in dataclasses.fields(marked)] == ["x", "y", "names", "mark"]


def test_a_class_that_nobody_uses_is_not_made() -> None:
    point, _ = kinds()

    assert not hasattr(point, "__match_args__")


def test_every_kind_that_the_program_has_can_be_made() -> None:
    # What is wrong with a class shows when it is made, which nobody may do before it matters.
    for module in pkgutil.walk_packages(migrate.__path__, "migrate."):
        if not module.name.startswith("migrate.sandbox") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    for kind in below(Value):
        assert dataclasses.fields(kind) is not None


def below(kind: type[Value]) -> Iterator[type[Value]]:
    for each in kind.__subclasses__():
        yield each
        yield from below(each)
