from __future__ import annotations

import hashlib
import tarfile
from io import BytesIO
from typing import Any

import pytest
import requests
from checkout import PROCFILE, HeldWheel
from sandbox_client import Api, check_refused

pytestmark = pytest.mark.contract
APP = "/apps/built"


@pytest.fixture
def builder(quiet_api: Api) -> Api:
    """The API of a sandbox with an app `built`, which has no code at first."""
    if "built" not in quiet_api.get("/sandbox")["apps"]:
        quiet_api.post("/sandbox/apps", {"name": "built"})
    return quiet_api


def tarball(files: dict[str, str], *links: tuple[str, str]) -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, BytesIO(text.encode()))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return buffer.getvalue()


def put(builder: Api, content: bytes, path: str = "/sources") -> str:
    """Put a tarball at a new source and return from where it can be got."""
    source = builder.post(path)["source_blob"]
    assert requests.put(source["put_url"], data=content, timeout=20).ok
    url: str = source["get_url"]
    return url


def build(builder: Api, url: str, **blob: str) -> dict[str, Any]:
    """Start a build, wait for its end, and return it with what it has printed."""
    made = builder.post(f"{APP}/builds", {"source_blob": {"url": url, **blob}})
    printed = requests.get(made["output_stream_url"], timeout=100).text
    return {**builder.get(f"{APP}/builds/{made['id']}"), "printed": printed}


def test_a_source_is_built_and_released(builder: Api) -> None:
    content = tarball({"Procfile": PROCFILE})
    url = put(builder, content, f"{APP}/sources")
    assert requests.get(url, timeout=20).content == content
    checksum = f"SHA256:{hashlib.sha256(content).hexdigest()}"
    built = build(builder, url, version="v1.2.3-rc1", version_description="candidate", checksum=checksum)
    assert built["status"] == "succeeded"
    assert "-----> Discovering process types\n       Procfile declares types -> web\n" in built["printed"]
    assert built["source_blob"] == {
        "url": url,
        "version": "v1.2.3-rc1",
        "version_description": "candidate",
        "checksum": checksum,
    }
    release = builder.get(f"{APP}/releases/{built['release']['id']}")
    assert release["description"] == "Deploy v1.2.3-r"
    assert f"Released v{release['version']}" in built["printed"]
    slug = builder.get(f"{APP}/slugs/{built['slug']['id']}")
    assert (slug["process_types"], slug["commit"]) == ({"web": PROCFILE.strip().removeprefix("web: ")}, "v1.2.3-rc1")
    assert built["id"] in {item["id"] for item in builder.get(f"{APP}/builds")}
    assert builder.get(f"{APP}/formation/web")["quantity"] == 1


def test_without_a_version_the_release_is_named_after_its_slug(builder: Api) -> None:
    built = build(builder, put(builder, tarball({"Procfile": PROCFILE})))
    description = builder.get(f"{APP}/releases/{built['release']['id']}")["description"]
    assert description == f"Deploy {built['slug']['id'][:8]}"


@pytest.mark.parametrize(
    ("content", "checksum", "reason"),
    [
        (tarball({"Procfile": PROCFILE}), f"SHA256:{'0' * 64}", "does not have the checksum that was announced"),
        (tarball({"Procfile": PROCFILE}), "MD5:0", "the checksum must begin with SHA256:"),
        (tarball({"Procfile": PROCFILE})[:60], None, "the source cannot be unpacked"),
        (b"no tarball", None, "the source cannot be unpacked"),
        (tarball({"Procfile": PROCFILE, "../hostile": "x"}), None, "outside the destination"),
        (tarball({"Procfile": PROCFILE}, ("link", "/etc")), None, "is a link to an absolute path"),
        (tarball({"Procfile": PROCFILE}, ("link", "../..")), None, "which is outside the destination"),
    ],
    ids=["another-checksum", "no-sha256", "cut-off", "no-tarball", "climbs-out", "absolute-link", "link-that-climbs"],
)
def test_a_source_that_is_not_what_it_should_be_releases_nothing(
    builder: Api, content: bytes, checksum: str | None, reason: str
) -> None:
    before = len(builder.releases("built"))
    built = build(builder, put(builder, content), **({"checksum": checksum} if checksum else {}))
    assert (built["status"], built["slug"], built["release"]) == ("failed", None, None)
    assert reason in built["printed"]
    assert len(builder.releases("built")) == before
    assert list(builder.address.directory.rglob("hostile")) == []


def test_a_source_needs_its_key_and_something_that_was_put_there(builder: Api) -> None:
    source = builder.post("/sources")["source_blob"]
    for url in (source["put_url"].partition("?")[0], source["put_url"][:-1]):
        check_refused(requests.put(url, data=b"x", timeout=20), 404, "not_found")
    check_refused(requests.get(source["get_url"], timeout=20), 404, "not_found")
    assert "the source cannot be unpacked" in build(builder, source["get_url"])["printed"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"source_blob": {"version": "1"}},
        {"source_blob": {"url": "https://example.com/app.tgz"}},
        {"source_blob": {"url": "http://127.0.0.1:1/app.tgz"}},
        {"source_blob": {"url": "file:///etc/passwd"}},
    ],
)
def test_only_sources_of_the_sandbox_are_built(builder: Api, body: dict[str, Any]) -> None:
    check_refused(builder.call("POST", f"{APP}/builds", body), 422, "invalid_params")


def test_fields_of_a_source_are_text(builder: Api) -> None:
    url = put(builder, tarball({"Procfile": PROCFILE}))
    body = {"source_blob": {"url": url, "version": 7}}
    check_refused(builder.call("POST", f"{APP}/builds", body), 422, "invalid_params", "version")


def test_what_does_not_exist_is_not_found(builder: Api) -> None:
    for path in (f"{APP}/builds/none", f"{APP}/slugs/none"):
        check_refused(builder.call("GET", path), 404, "not_found")
    answer = requests.get(f"{builder.address.api_url}/build-output/built/none", timeout=20)
    check_refused(answer, 404, "not_found")


def test_a_running_build_can_be_cancelled_and_a_waiting_one_then_runs(builder: Api) -> None:
    before, interpreters = len(builder.releases("built")), builder.address.directory / "interpreters"
    kept = {path.name for path in interpreters.glob("*")}
    with HeldWheel() as held:
        url = put(builder, tarball({"Procfile": PROCFILE, "requirements.txt": held.requirements}))
        running = builder.post(f"{APP}/builds", {"source_blob": {"url": url}})
        assert held.asked.wait(60)
        waiting = builder.post(
            f"{APP}/builds", {"source_blob": {"url": put(builder, tarball({"Procfile": PROCFILE}))}}
        )
        assert [builder.get(f"{APP}/builds/{item['id']}")["status"] for item in (running, waiting)] == ["pending"] * 2
        assert builder.delete(f"{APP}/builds/{running['id']}")["status"] == "failed"
        assert {path.name for path in interpreters.iterdir()} == kept
        builder.wait(lambda: builder.get(f"{APP}/builds/{waiting['id']}")["status"] == "succeeded", 60)
    assert "Build canceled." in requests.get(running["output_stream_url"], timeout=20).text
    check_refused(builder.call("DELETE", f"{APP}/builds/{running['id']}"), 422, "invalid_params")
    assert len(builder.releases("built")) == before + 1


def test_somebody_who_does_not_work_on_the_app_builds_nothing(builder: Api) -> None:
    token = builder.post("/sandbox/accounts", {"email": "stranger@example.com"})["token"]
    url = put(builder, tarball({"Procfile": PROCFILE}))
    answer = builder.call("POST", f"{APP}/builds", {"source_blob": {"url": url}}, Authorization=f"Bearer {token}")
    check_refused(answer, 403, "forbidden")
