"""The spool keeps what it was given, says what is in doubt, and is for its owner alone."""

from __future__ import annotations

import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from migrate.brokers.report import Binding, QueueShape
from migrate.carry import spool as module
from migrate.carry.contents import export, messages, read
from migrate.carry.spool import Spool
from migrate.clients.taking import Taken
from migrate.errors import SpoolMissing, SpoolUnusable, UsageError

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = QueueShape(
    durable=True,
    auto_delete=False,
    arguments={"x-max-priority": 5},
    bindings=(Binding("shop", "topic", True, False, {}, "shop.#", {}),),
)
SECRET = b"canary-card-number"


def taken(number: int, body: bytes = b"[]") -> Taken:
    return Taken(number, False, "shop", "shop.mail", b"\0\0", body)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "mig-7f3k2q.sqlite3"


def opened(path: Path) -> Spool:
    return Spool(path, make={"migration": "mig-7f3k2q", "app": "shop"})


def test_file_and_folder_are_for_their_owner_alone(path: Path) -> None:
    opened(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_was_kept_is_there_for_the_next_process_in_its_order(path: Path) -> None:
    with closing(opened(path)) as spool:
        queue = spool.queue("mail", SHAPE)
        spool.keep(queue, [taken(1, b"a"), taken(2, b"b")])
        spool.keep(queue, [taken(3, b"c")])

    with closing(Spool(path)) as spool:
        (found,) = spool.queues()
        assert (found.name, found.shape, found.messages, found.waiting) == ("mail", SHAPE, 3, 3)
        assert [message.body for message in spool.waiting(found.number)] == [b"a", b"b", b"c"]
        assert spool.about["app"] == "shop"


def test_only_what_was_not_seen_acknowledged_may_come_again(path: Path) -> None:
    spool = opened(path)
    queue = spool.queue("mail", SHAPE)
    first = spool.keep(queue, [taken(1, b"a")])
    spool.keep(queue, [taken(2, b"b")], acknowledged=first)

    assert [message.body for message in spool.perhaps_not_acknowledged(queue)] == [b"b"]
    spool.acknowledged(queue)
    assert list(spool.perhaps_not_acknowledged(queue)) == []


def test_what_was_sent_is_in_doubt_until_it_is_struck_off_or_called_back(path: Path) -> None:
    spool = opened(path)
    queue = spool.queue("mail", SHAPE)
    spool.keep(queue, [taken(number, str(number).encode()) for number in range(1, 7)])

    spool.sending(queue, 2)
    spool.sending(queue, 4, struck=2)
    assert [message.body for message in spool.in_doubt(queue)] == [b"3", b"4"]
    assert [message.body for message in spool.waiting(queue)] == [b"5", b"6"]
    spool.strike([4])
    spool.call_back(queue)

    (found,) = spool.queues()
    assert (found.waiting, found.in_doubt) == (3, 0)
    assert [message.body for message in spool.waiting(queue)] == [b"3", b"5", b"6"]


def test_large_messages_are_read_a_few_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PORTION_BYTES", 10)
    spool = opened(path)
    queue = spool.queue("mail", SHAPE)
    bodies = [b"x" * size for size in (3, 3, 30, 5, 6, 1)]
    spool.keep(queue, [taken(number, body) for number, body in enumerate(bodies, start=1)])

    assert [message.body for message in spool.waiting(queue)] == bodies


def test_a_disk_that_is_full_is_said_and_what_was_kept_before_stays(path: Path) -> None:
    spool = opened(path)
    queue = spool.queue("mail", SHAPE)
    spool.keep(queue, [taken(1)])
    (pages,) = spool._file.execute("PRAGMA page_count").fetchone()
    spool._file.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(SpoolUnusable, match="cannot be used") as full:
        spool.keep(queue, [taken(2, b"x" * 100_000)])

    assert "full" in full.value.why
    assert [message.number for message in spool.all(queue)] == [1]


def test_a_file_that_is_no_spool_is_refused_and_not_touched(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"something else, long enough to be looked at" * 100)

    with pytest.raises(SpoolUnusable):
        opened(path)

    assert path.read_bytes().startswith(b"something else")


def test_a_spool_that_is_not_there_is_not_made_by_looking(path: Path) -> None:
    with pytest.raises(SpoolMissing):
        read(path.parent, "mig-7f3k2q")
    with pytest.raises(SpoolUnusable):
        Spool(path)
    assert not path.exists()


def test_what_is_shown_has_no_body_and_what_is_exported_has_all(path: Path, tmp_path: Path) -> None:
    with closing(opened(path)) as spool:
        spool.keep(spool.queue("mail", SHAPE), [taken(1, SECRET), taken(2)])

    shown = [*messages(path.parent, "mig-7f3k2q", 10)]
    assert [(message.queue, message.bytes, message.state) for message in shown] == [
        ("mail", len(SECRET), "waiting"),
        ("mail", 2, "waiting"),
    ]
    assert len([*messages(path.parent, "mig-7f3k2q", 1)]) == 1
    assert export(path.parent, "mig-7f3k2q", tmp_path / "out.jsonl") == 2
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o600
    with pytest.raises(UsageError):
        export(path.parent, "mig-7f3k2q", tmp_path / "out.jsonl")
