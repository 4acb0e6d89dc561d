from __future__ import annotations

import socket
import subprocess
import sys

from migrate.sandbox.ports import LOOPBACK, free_port

TAKE = """
import sys
from migrate.sandbox.ports import free_port
print(*(free_port() for _ in range(100)), flush=True)
sys.stdin.read()
"""


def test_two_processes_are_never_given_the_same_port() -> None:
    takers = [
        subprocess.Popen([sys.executable, "-c", TAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    given: list[int] = []
    for taker in takers:
        assert taker.stdout is not None
        given += map(int, taker.stdout.readline().split())
    for taker in takers:
        taker.communicate()

    assert len(given) == len(set(given)) == 400


def test_a_port_can_be_bound_and_is_not_given_twice() -> None:
    ports = [free_port() for _ in range(50)]

    assert len(set(ports)) == 50
    with socket.socket() as probe:
        probe.bind((LOOPBACK, ports[-1]))


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, free_port() + 1))
        listener.listen()

        assert free_port() != listener.getsockname()[1]
