from __future__ import annotations

from typing import Any

import pytest

from migrate.sandbox.logs.lines import lines_of

ROUTED = {"method": "GET", "path": "/a", "dyno": "web.1", "status": 200, "seconds": 0.0125, "code": ""}
RELEASE = {"version": 7, "description": "Set A config vars", "user": "a@b.c"}


@pytest.mark.parametrize(
    ("event", "details", "texts"),
    [
        ("release", {**RELEASE, "status": "pending"}, []),
        (
            "release",
            {**RELEASE, "status": "succeeded"},
            ["Set A config vars by user a@b.c", "Release v7 created by user a@b.c"],
        ),
        ("release", {**RELEASE, "status": "failed"}, ["Set A config vars by user a@b.c", "Release v7 failed"]),
        ("dyno crashed", {"dyno": "web.1", "was": "up"}, ["State changed from up to crashed"]),
        ("dyno ended", {"dyno": "web.1", "exit_code": -15}, ["Process exited with status 143"]),
        ("dyno ended", {"dyno": "web.1", "exit_code": 3}, ["Process exited with status 3"]),
        (
            "routed",
            ROUTED,
            ['at=info method=GET path="/a" dyno=web.1 service=12ms status=200 protocol=http'],
        ),
        (
            "routed",
            {**ROUTED, "dyno": "", "status": 503, "code": "H10"},
            ['at=error code=H10 method=GET path="/a" service=12ms status=503 protocol=http'],
        ),
        ("addon ordered", {}, []),
    ],
)
def test_what_happens_to_an_app_is_said_in_its_log(event: str, details: dict[str, Any], texts: list[str]) -> None:
    assert [text for _, _, text in lines_of(event, details)] == texts
