"""The process that is the sandbox: `python -m migrate.sandbox.server --directory D`.

It says on standard output in one JSON line whether it is up, and then runs until SIGTERM or SIGINT. Its
standard input is a pipe from its caller: when that ends, the caller has died or given up, and a throwaway
sandbox ends as well; any other one does so only while it is still coming up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from migrate.procfile import NoProcfile
from migrate.sandbox import janitor, orders, registry
from migrate.sandbox.address import SandboxAddress
from migrate.sandbox.partner.rabbitmq import BrokerFailed
from migrate.sandbox.refusals import Refused
from migrate.sandbox.startup import NotUp, running

if TYPE_CHECKING:
    from migrate.sandbox.urls import Urls
    from migrate.sandbox.world import World

_GOING_DOWN_SECONDS = 40.0
_EXPECTED = (BrokerFailed, NoProcfile, NotUp, Refused)


def main() -> None:
    """Run a sandbox in this process; exit 1 when it does not come up."""
    parser = argparse.ArgumentParser(prog="python -m migrate.sandbox.server")
    parser.add_argument("--directory", type=Path, required=True)
    directory = parser.parse_args().directory.resolve()
    given = orders.read(directory)
    if not given.throwaway and os.fork():
        os._exit(0)  # so that the sandbox is nobody's child
    janitor.start(directory, throwaway=given.throwaway)
    try:
        asyncio.run(_run(directory, given))
    except TimeoutError:
        _fail("the dynos did not come up in time")
    except _EXPECTED as error:
        _fail(" ".join(str(error).split()))
    except Exception as error:  # noqa: BLE001  the caller waits for one line, whatever happened
        traceback.print_exc()
        _fail(f"{type(error).__name__}: {error}")


async def _run(directory: Path, given: orders.Orders) -> None:
    """Bring the sandbox up and hold it until it is told to stop, also in the middle of coming up."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(0, _stop_at_end_of_input, stop)
    life = asyncio.create_task(_live(directory, given, stop))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({life, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    # Whatever goes wrong on the way down, the janitor cleans up, once this process is gone.
    loop.call_later(_GOING_DOWN_SECONDS, os._exit, 1)
    life.cancel()  # also in the middle of coming up; leaving running() ends everything
    try:
        await life
    except asyncio.CancelledError:
        return
    finally:
        registry.sweep(directory)


async def _live(directory: Path, given: orders.Orders, stop: asyncio.Event) -> None:
    async with running(directory, given) as (world, urls):
        address = _address(world, urls)
        if not given.throwaway:
            asyncio.get_running_loop().remove_reader(0)
        address.write()
        _say({"up": True})
        await stop.wait()


def _address(world: World, urls: Urls) -> SandboxAddress:
    return SandboxAddress(
        directory=world.directory,
        pid=os.getpid(),
        created=psutil.Process().create_time(),
        api_url=urls.api,
        token=next(iter(world.authorizations)),
        app=world.main_app.name,
        router_url=urls.router,
        rabbitmq_api=urls.rabbitmq_api,
    )


def _stop_at_end_of_input(stop: asyncio.Event) -> None:
    if not os.read(0, 1024):
        asyncio.get_running_loop().remove_reader(0)
        stop.set()


def _fail(reason: str) -> None:
    _say({"up": False, "reason": reason})
    raise SystemExit(1)


def _say(document: dict[str, object]) -> None:
    try:
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The one who waited for the line has gone. Nothing must be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()
