"""`migrate-plan watch --web` as a process of its own, with a real browser before it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest
from fakes.chromium import chromium
from fakes.migrations import a_migration
from fakes.records import Record, in_drain, whole

from migrate.clock import SystemClock
from migrate.store.records import State
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.chromium import Browser

pytestmark = pytest.mark.e2e

ID = "mig-7f3k2q"
HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


class Watched:
    """A store that a process serves."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path / 'store.sqlite3'}"
        self.store = Store(self.url, SystemClock())
        self.store.create(a_migration())
        self.record = in_drain().look({"celery": 40})
        self.record.write_to(self.store)
        self.address = ""

    @contextmanager
    def served(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "migrate", "watch", "--web", *words, "--store", self.url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ,
        )
        try:
            assert process.stdout
            found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]+/", process.stdout.readline())
            assert found
            self.address = found[0]
            yield process
        finally:
            process.kill()
            process.communicate(timeout=10)

    def go_on(self, record: Record) -> None:
        record.write_to(self.store)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def opened(browser: Browser, url: str) -> None:
    # The page before it would go on asking for a server that has ended.
    browser.open("data:text/html,")
    browser.requests.clear()
    browser.errors.clear()
    browser.size(1280)
    browser.open(url)
    browser.until("document.getElementById('live-text').textContent.startsWith('Live.')")


def test_the_page_follows_the_store_and_ctrl_c_ends_it_with_everything(browser: Browser, watched: Watched) -> None:
    with watched.served() as process:
        opened(browser, watched.address)
        assert "40 messages left on the old broker" in browser.see("document.getElementById('verdict').innerText")
        browser.see("document.querySelector('#events details').open = true")
        browser.see("document.querySelector('#events summary').focus()")

        watched.go_on(Record(watched.record.now, migration=ID).look({"celery": 16, HOSTILE: 1}))

        browser.until("document.getElementById('verdict').innerText.includes('17 messages left on the old broker')")
        assert browser.see("document.querySelector('#events details').open")
        assert browser.see("document.activeElement === document.querySelector('#events summary')")
        assert "broken" not in browser.see("document.title")
        assert browser.errors == []
        assert {url.removeprefix(watched.address) for url in browser.requests} == {"", "events"}
        for width in (360, 1280):
            browser.size(width)
            assert browser.see("document.documentElement.scrollWidth") <= width

        below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)

        said, _ = process.communicate(timeout=10)
        assert process.returncode == 130, said
        assert below == []
        assert f"migrate-plan watch {ID} --web" in said
        assert watched.address.split("/")[3] not in said
        browser.until("document.getElementById('live-text').textContent.includes('The watch was ended')")


def test_a_process_that_is_killed_is_no_page_that_looks_live(browser: Browser, watched: Watched) -> None:
    with watched.served(ID) as process:
        opened(browser, watched.address)
        process.kill()

        browser.until("document.getElementById('live-text').textContent.startsWith('No connection')")
        assert browser.see("document.getElementById('live-mark').className") == "old"


def test_a_fleet_has_cards_that_come_by_themselves_and_lead_to_pages(browser: Browser, watched: Watched) -> None:
    with watched.served("--all"):
        opened(browser, watched.address)
        assert browser.see("document.querySelectorAll('.card').length") == 1

        watched.store.create(a_migration(id="mig-333333", app="other"))
        watched.store.set_state("mig-333333", State.DONE)
        watched.go_on(whole(Record(migration="mig-333333")))

        browser.until("document.querySelectorAll('.card').length === 2")
        browser.see("document.querySelector('a[href=\"mig-333333/\"]').click()")
        browser.until("document.getElementById('verdict')?.innerText.includes('0 messages left behind')")
        assert browser.errors == []
