"""One half of a carry-over in a process of its own, which may kill itself at a point.

python half_of_a_carry.py out|in SPOOL API_URL QUEUE [POINT NUMBER] < URL
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from migrate.brokers.address import BrokerAddress
from migrate.carry import giving, taking
from migrate.carry.spool import Spool
from migrate.clients.message_mover import MessageMover
from migrate.clients.putting import Putting
from migrate.clients.rabbitmq import RabbitMQ
from migrate.clients.taking import Taking

POINTS: dict[str, tuple[Any, str, bool]] = {
    "before-keep": (Spool, "keep", False),
    "after-keep": (Spool, "keep", True),
    "after-acknowledge": (Taking, "acknowledge", True),
    "before-put": (Putting, "put", False),
    "after-put": (Putting, "put", True),
    "after-confirms": (Putting, "fates", True),
}


def main(half: str, path: str, api_url: str, queue: str, *kill: str) -> None:
    address = BrokerAddress.from_url(sys.stdin.read(), "STDIN")
    if kill:
        kill_at(*POINTS[kill[0]], int(kill[1]))
    mover = MessageMover(address)
    if half == "out":
        spool = Spool(Path(path), make={"migration": "mig-test00"})
        shape = RabbitMQ(address, api_url).shape(queue)
        taking.take_queue(mover, spool, queue, shape, lambda _count: None)
        return
    spool = Spool(Path(path))
    for item in spool.queues():
        giving.give_queue(mover, spool, item, lambda _count: None)


def kill_at(owner: Any, name: str, after: bool, number: int) -> None:  # noqa: FBT001 -- from the table above
    original, calls = getattr(owner, name), [0]

    def deadly(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if not after and calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **options)
        if after and calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


if __name__ == "__main__":
    main(*sys.argv[1:])
