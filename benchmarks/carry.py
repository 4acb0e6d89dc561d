"""Carrying tasks over, beside other ways to move them: `make bench-carry`. COUNT=100000 messages of 1 kB each.

Ours goes through a file on the disk of TMPDIR, out of the old broker and into the new one; a dynamic shovel and
`celery migrate` move from the one to the other at once. All on one private node, one after the other. At the end
ours is killed with SIGKILL in the middle of each half and run again, and what has arrived is counted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from fakes.carrying import identities, publish_tasks
from loopback_rabbitmq import loopback_rabbitmq

from migrate.carry.giving import give_queue
from migrate.carry.spool import Spool
from migrate.carry.taking import take_queue
from migrate.clients.message_mover import MessageMover
from migrate.clients.rabbitmq import RabbitMQ

if TYPE_CHECKING:
    from loopback_rabbitmq import Instance, LoopbackRabbitMQ

COUNT = int(os.environ.get("COUNT", "100000"))
QUEUE = "celery"
SHARE_OF_SHOVEL = 0.5
# One half of a carry-over in a process of its own, so that its memory can be read and it can be killed.
HALF = """
import resource, sys
from pathlib import Path
sys.path[:0] = sys.argv[1].split(":")
from carry import out_of, into
from migrate.brokers.address import BrokerAddress
half = out_of if sys.argv[2] == "out" else into
half(BrokerAddress.from_url(sys.stdin.read(), "STDIN"), Path(sys.argv[3]), sys.argv[4])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def out_of(address: Any, path: Path, api_url: str) -> None:
    """Take everything out of the queue into a spool."""
    mover, spool = MessageMover(address), Spool(path, make={"migration": "mig-bench0"})
    take_queue(mover, spool, QUEUE, RabbitMQ(address, api_url).shape(QUEUE), lambda _count: None)
    mover.close()


def into(address: Any, path: Path, _api_url: str) -> None:
    """Publish everything from a spool."""
    mover, spool = MessageMover(address), Spool(path)
    for queue in spool.queues():
        give_queue(mover, spool, queue, lambda _count: None, look_at=10 * COUNT)
    mover.close()


def half(which: str, instance: Instance, path: Path, rabbit: LoopbackRabbitMQ, kill_after: float = 0) -> int:
    """Run one half in a process; return its peak memory in MB, 0 where it was killed."""
    places = ":".join((str(Path(__file__).parent), *sys.path))
    command = [sys.executable, "-c", HALF, places, which, str(path), rabbit.api_url]
    try:
        done = subprocess.run(  # noqa: S603 -- our own program
            command, input=instance.url, capture_output=True, text=True, timeout=kill_after or None, check=True
        )
    except subprocess.TimeoutExpired:
        # It was killed with SIGKILL.
        return 0
    return int(done.stdout)


def shovel(rabbit: LoopbackRabbitMQ, old: Instance, new: Instance) -> None:
    """Move everything by a dynamic shovel. https://www.rabbitmq.com/docs/shovel-dynamic"""
    base = f"{rabbit.api_url}/api"
    auth = (rabbit.node.admin, rabbit.node.password)
    vhost = old.address.vhost_part
    for place in (old, new):
        requests.put(
            f"{base}/permissions/{place.address.vhost_part}/{auth[0]}",
            json={"configure": ".*", "write": ".*", "read": ".*"},
            auth=auth,
            timeout=10,
        ).raise_for_status()
    value = {
        "src-protocol": "amqp091",
        "src-uri": old.url,
        "src-queue": QUEUE,
        "src-prefetch-count": 1000,
        "src-delete-after": "queue-length",
        "dest-protocol": "amqp091",
        "dest-uri": new.url,
        "dest-queue": QUEUE,
        "ack-mode": "on-confirm",
    }
    place = f"{base}/parameters/shovel/{vhost}/bench"
    requests.put(place, json={"value": value}, auth=auth, timeout=10).raise_for_status()
    while requests.get(place, auth=auth, timeout=10).status_code == 200:  # noqa: PLR2004 -- it deletes itself when done
        time.sleep(0.05)


def celery_migrate(old: Instance, new: Instance) -> None:
    """Move everything by `celery migrate`, which has to be told not to copy and when to end."""
    command = [sys.executable, "-m", "celery", "migrate", old.url, new.url, "-a", "-t", "2", "-Q", QUEUE]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- Celery's own program


def ready(instance: Instance) -> int:
    """Return what is in the queue."""
    mover = MessageMover(instance.address)
    depth = mover.depth(QUEUE)
    mover.close()
    return depth.ready if depth else 0


def filled(rabbit: LoopbackRabbitMQ) -> tuple[Instance, Instance]:
    """Return an old broker with COUNT tasks and a new one with the queue."""
    old, new = rabbit.instance(), rabbit.instance()
    publish_tasks(old.address, QUEUE, COUNT)
    with new.channel() as channel:
        channel.queue_declare(QUEUE, durable=True, auto_delete=False)
    return old, new


def row(name: str, seconds: float, new: Instance, memory: str = "") -> float:
    """Print one line of the table; return messages a second."""
    speed = COUNT / seconds
    say(f"| {name} | {speed:,.0f} | {seconds:.1f} | {ready(new)} of {COUNT} | {memory} |")
    return speed


def measure(rabbit: LoopbackRabbitMQ, directory: Path) -> float:
    """Print the table; return our speed as a share of the shovel's."""
    say("| mover | messages/s | seconds | arrived | peak memory |\n|---|---|---|---|---|")
    old, new = filled(rabbit)
    began = time.perf_counter()
    memory = half("out", old, directory / "plain", rabbit)
    between = time.perf_counter()
    more = half("in", new, directory / "plain", rabbit)
    ended = time.perf_counter()
    say(f"| ours, out of the old broker | {COUNT / (between - began):,.0f} | {between - began:.1f} | | {memory} MB |")
    say(f"| ours, into the new broker | {COUNT / (ended - between):,.0f} | {ended - between:.1f} | | {more} MB |")
    ours = row("**ours, both**", ended - began, new, f"{max(memory, more)} MB")
    old, new = filled(rabbit)
    began = time.perf_counter()
    shovel(rabbit, old, new)
    theirs = row("dynamic shovel, prefetch 1000", time.perf_counter() - began, new)
    old, new = filled(rabbit)
    began = time.perf_counter()
    celery_migrate(old, new)
    row("`celery migrate -a -t 2`", time.perf_counter() - began - 2, new)
    return ours / theirs


def kill(rabbit: LoopbackRabbitMQ, directory: Path) -> None:
    """Kill each half several times in the middle, run it again, and count by task id what has arrived."""
    old, new = filled(rabbit)
    path = directory / "killed"
    for which, place in (("out", old), ("in", new)):
        for seconds in (2.0, 3.5, 5.0):
            half(which, place, path, rabbit, kill_after=seconds)
        half(which, place, path, rabbit)
    arrived = Counter(identities(new.address, QUEUE))
    doubled = sum(count - 1 for count in arrived.values())
    say(f"\nKilled three times in each half: {COUNT - len(arrived)} lost, {doubled} doubled, of {COUNT}.")


def main() -> int:
    """Print all of it; return 1 when ours is slower than its share of the shovel."""
    with tempfile.TemporaryDirectory() as place, loopback_rabbitmq(Path(place), "rabbitmq_shovel") as rabbit:
        share = measure(rabbit, Path(place))
        kill(rabbit, Path(place))
    say(f"Ours moves at {share:.2f} of the shovel's speed; the limit is {SHARE_OF_SHOVEL}.")
    return 0 if share >= SHARE_OF_SHOVEL else 1


if __name__ == "__main__":
    sys.exit(main())
