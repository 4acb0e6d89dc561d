"""Everything that was said to and by the sandbox, held against the schema of the Platform API."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from conformance.conftest import APP_DIR
from conformance.recorder import recording
from conformance.schema.known_defects import DEFECTS
from migrate.sandbox.platform import application
from migrate.sandbox.rehearsal.rehearsal import environment

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.platform_api import PlatformApi
    from conformance.recorder import Exchange, Recorder
    from conformance.schema.conftest import Judge
    from migrate.sandbox.address import SandboxAddress

OUR_OWN = re.compile(r"/(sandbox|[a-z]+-output|source-blobs|pushes)(/|$)|.*\{(kind|rest):|.*/pipeline-couplings$")
"""What Heroku does not have, and what only says that there is nothing."""


def built(api: PlatformApi) -> dict[str, Any]:
    """Build the app anew from its directory, and return the build."""
    content, place = BytesIO(), api.call("POST", "/sources")["source_blob"]
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.add(APP_DIR, arcname=".")
    assert api.session.put(place["put_url"], data=content.getvalue(), timeout=30).ok
    path = f"+/builds/{api.call('POST', '+/builds', {'source_blob': {'url': place['get_url']}})['id']}"
    api.until(lambda: api.get(path)["status"] == "succeeded")
    api.settled()
    build: dict[str, Any] = api.get(path)
    return build


def readable_paths(api: PlatformApi) -> list[str]:
    """Return every path of the sandbox that can be read, with things in it that there are."""
    (attachment,), build = api.get("+/addon-attachments"), built(api)
    real = {
        "app": api.address.app,
        "addon": attachment["addon"]["name"],
        "attachment": attachment["id"],
        "release": "3",
        "dyno": "web.1",
        "type": "web",
        "service": "cloudamqp",
        "plan": "cloudamqp:lemur",
        "feature": "preboot",
        "user": "~",
        "build": build["id"],
        "slug": build["slug"]["id"],
    }
    routes = [(route.method, route.path) for resource in application._RESOURCES for route in resource.routes]
    readable = [path for method, path in routes if method == "GET" and not OUR_OWN.match(path)]
    return [re.sub(r"\{(\w+)\}", lambda match: real[match[1]], path) for path in readable]


def test_whatever_can_be_read_has_the_form_of_the_schema(api: PlatformApi, judge: Judge) -> None:
    with recording(api.address.api_url) as recorder:
        paths = readable_paths(api)
        headers = {"Authorization": f"Bearer {api.address.token}", "Accept": "application/vnd.heroku+json; version=3"}
        for path in paths:
            assert api.session.get(recorder.url + path, headers=headers, timeout=30).ok, path

    assert len(paths) > 30
    assert judge.complaints(recorder.exchanges) == []


def test_what_the_cli_has_sent_and_got_is_in_the_schema(
    recorder: Recorder, busy_recorder: Recorder, judge: Judge
) -> None:
    exchanges = [item for item in (*recorder.exchanges, *busy_recorder.exchanges) if "/sandbox" not in item.path]
    asked = {(item.method, re.sub(r"[0-9a-f-]{36}|name-\w+|[0-9]+", "*", item.path)) for item in exchanges}
    assert len(asked) > 50, "run the whole of tests/conformance: this judges what the other tests have sent"
    assert judge.complaints(exchanges) == []


@pytest.mark.timeout(600)
def test_what_migrate_plan_sends_and_gets_in_a_migration_is_in_the_schema(
    busy_address: SandboxAddress, tmp_path: Path, judge: Judge
) -> None:
    with recording(busy_address.api_url) as recorder:
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            **environment(busy_address),
        }
        run = subprocess.run(
            [sys.executable, "-m", "migrate", "--to", "bunny", "--confirm", busy_address.app],
            env=variables | {"HEROKU_HOST": recorder.url},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    assert run.returncode == 0, run.stdout + run.stderr
    assert recorder.agents == {"migrate-plan"}
    assert {"POST", "PATCH", "DELETE"} <= {item.method for item in recorder.exchanges}
    assert judge.complaints(recorder.exchanges) == []
    assert sent_undocumented(recorder.exchanges, judge) == []


def sent_undocumented(exchanges: list[Exchange], judge: Judge) -> list[str]:
    """Return what our client sends that the schema does not have: known defects are no excuse for it."""
    found = [complaint for item in exchanges for complaint in judge.schema.complaints(item)]
    return sorted({str(item) for item in found if item.side != "answer"})


def test_every_known_defect_is_still_one(judge: Judge) -> None:
    assert [f"{item.where}: {item.says}" for item in DEFECTS if item not in judge.met] == []
