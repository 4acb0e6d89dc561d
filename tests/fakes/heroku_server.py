"""Many fake Herokus behind the Platform API's HTTP surface, with delays: one account, as light as threads can be.

The brokers' state lives here too. A process that is started by way of ``fast_program.py`` asks for it over HTTP, for
it could not share a Python object; everything else of it is the program itself.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from fakes.heroku import COMMANDS, SLUG, FakeHeroku
from migrate.errors import AppUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrate.platform import AddOn, Attachment, Dyno, Plan, Release

TOKEN: Final = "HRKU-canary-of-the-fleet"
TEAM, PIPELINE = "ours", "shops"
BROKER: Final = "/fake-broker"
_APP: Final = re.compile(r"/apps/(?P<app>[\w-]+)(?P<rest>/.*)?")


@dataclass
class Account:
    """The apps of one account, and what was asked of it."""

    apps: dict[str, FakeHeroku]
    seconds: float = 0.0
    """How long each answer takes."""
    budget: float = 1_000_000
    """So many calls are left."""
    refill: float = 75 / 60
    """So many come back a second."""
    calls: Counter[str] = field(default_factory=Counter)
    """How many there were, by method."""
    refused: int = 0
    """How many came over the limit."""
    busiest: int = 0
    """The most calls that were under way at once."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    _locks: dict[str, threading.RLock] = field(default_factory=dict)
    _most: float = 0.0
    _then: float = 0.0

    def __post_init__(self) -> None:
        self._locks = {name: threading.RLock() for name in self.apps}
        self._most, self._then = self.budget, time.monotonic()

    @classmethod
    def of(cls, *names: str, **settings: Any) -> Account:
        return cls({name: FakeHeroku(name=name) for name in names}, **settings)

    def spend(self, method: str) -> int | None:
        """Count a call; return how many are left, None where there is none."""
        with self.lock:
            now = time.monotonic()
            self.budget = min(self._most, self.budget + (now - self._then) * self.refill)
            self._then = now
            self.calls[method] += 1
            if self.budget < 1:
                self.refused += 1
                return None
            self.budget -= 1
            return int(self.budget)

    def takes(self, method: str, path: str) -> float:  # noqa: ARG002 -- of others it depends on them
        """Return in how many seconds a call is answered."""
        return self.seconds

    def answer(self, method: str, path: str, body: Any) -> Any:
        """Given a call, return the document that answers it; raises AppUnknown."""
        if found := _APP.fullmatch(path):
            name = found["app"]
            if name not in self.apps:
                raise AppUnknown("no such app")
            with self._locks[name]:
                return _of_app(self.apps[name], name, method, found["rest"] or "", body)
        return self._of_account(method, path, body)

    def of_broker(self, label: str, part: str, method: str, args: Any, kwargs: Any) -> Any:
        """Ask a broker; raises what it raises."""
        for name, heroku in self.apps.items():
            if label in heroku.brokers:
                with self._locks[name]:
                    broker: Any = heroku.brokers[label]
                    target = getattr(broker, part) if part else broker
                    found = getattr(target, method)
                    return found(*args, **kwargs) if callable(found) else found
        raise LookupError(label)

    def _of_account(self, method: str, path: str, body: Any) -> Any:
        known = self._listed(path)
        return self._of_attachments(method, path, body) if known is None else known

    def _listed(self, path: str) -> Any:
        some = next(iter(self.apps.values()))
        stages = ("production", "staging")
        couplings = [{"app": {"id": f"id-{name}"}, "stage": stages[n % 2]} for n, name in enumerate(self.apps)]
        apps = [_app(heroku) for heroku in self.apps.values()]
        add_ons = [_add_on(item) for heroku in self.apps.values() for item in heroku.all_add_ons.values()]
        documents = {
            "/apps": apps,
            f"/teams/{TEAM}/apps": apps,
            "/addons": add_ons,
            f"/teams/{TEAM}/addons": add_ons,
            f"/pipelines/{PIPELINE}": {"id": "01234567-pipeline", "name": PIPELINE},
            "/pipelines/01234567-pipeline/pipeline-couplings": couplings,
            "/addon-services/cloudamqp/plans": [_plan(plan) for plan in some.plans("cloudamqp")],
            "/addon-services/cloudamqp": {"supports_multiple_installations": some.several},
        }
        return documents.get(path)

    def _of_attachments(self, method: str, path: str, body: Any) -> Any:
        if found := re.fullmatch(r"/addons/(?P<id>[\w-]+)/addon-attachments", path):
            heroku = next(h for h in self.apps.values() if h.add_on(h.name, found["id"]) is not None)
            return [_attachment(item) for item in heroku.attachments_of(found["id"])]
        if method == "POST" and path == "/addon-attachments":
            app = body["app"]
            with self._locks[app]:
                self.apps[app].attach(app, add_on=body["addon"], name=body["name"], replace="confirm" in body)
            return {}
        if method == "DELETE" and (found := re.fullmatch(r"/addon-attachments/(?P<app>[\w-]+):(?P<id>.*)", path)):
            with self._locks[found["app"]]:
                self.apps[found["app"]].detach(found["id"])
            return {}
        raise AppUnknown(path)


def _of_app(heroku: FakeHeroku, app: str, method: str, rest: str, body: Any) -> Any:
    if method == "GET":
        return _read(heroku, app, rest)
    known: dict[tuple[str, str], Callable[[], Any]] = {
        ("PATCH", "/config-vars"): lambda: heroku.patch_config_vars(app, body),
        ("POST", "/releases"): lambda: heroku.release_slug(app, body["slug"], description=body["description"]),
        ("PATCH", ""): lambda: heroku.set_maintenance(app, on=body["maintenance"]),
        ("PATCH", "/formation"): lambda: heroku.scale(app, {i["type"]: i["quantity"] for i in body["updates"]}),
        ("POST", "/addons"): lambda: _add_on(
            heroku.create_add_on(app, plan=body["plan"], name=body["name"], attachment=body["attachment"]["name"])
        ),
    }
    if action := known.get((method, rest)):
        return action() or {}
    if method == "DELETE" and rest.startswith("/addons/"):
        heroku.delete_add_on(app, rest.removeprefix("/addons/"))
        return {}
    if method == "PATCH" and rest.startswith("/addons/"):
        heroku.change_plan(app, rest.removeprefix("/addons/"), body["plan"])
        return {}
    raise AppUnknown(rest)


def _read(heroku: FakeHeroku, app: str, rest: str) -> Any:
    known: dict[str, Callable[[], Any]] = {
        "": lambda: _app(heroku),
        "/features/preboot": lambda: {"enabled": heroku.preboot(app)},
        "/config-vars": lambda: heroku.config_vars(app),
        "/releases": lambda: [_release(item) for item in heroku.releases(app)],
        "/formation": lambda: [
            {"type": item.type, "quantity": item.quantity, "command": COMMANDS[item.type]}
            for item in heroku.formation(app)
        ],
        "/dynos": lambda: [_dyno(item) for item in heroku.dynos(app)],
        "/addons": lambda: [_add_on(item) for item in heroku.add_ons(app)],
        "/addon-attachments": lambda: [_attachment(item) for item in heroku.attachments(app)],
    }
    if rest in known:
        return known[rest]()
    if found := re.fullmatch(r"/releases/(\d+)/config-vars", rest):
        return heroku.release_config_vars(app, int(found[1]))
    if rest.startswith("/addons/") and (item := heroku.add_on(app, rest.removeprefix("/addons/"))) is not None:
        return _add_on(item)
    raise AppUnknown(rest)


def _app(heroku: FakeHeroku) -> dict[str, Any]:
    return {"id": f"id-{heroku.name}", "name": heroku.name, "maintenance": heroku.maintenance}


def _plan(plan: Plan) -> dict[str, Any]:
    return {"name": plan.name, "price": {"cents": plan.cents, "unit": plan.unit}, "state": plan.state}


def _add_on(item: AddOn) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "plan": {"name": item.plan},
        "addon_service": {"name": item.service},
        "state": item.state,
        "billing_entity": {"name": item.billed_to},
        "config_vars": list(item.config_vars),
    }


def _attachment(item: Attachment) -> dict[str, Any]:
    return {
        "id": f"{item.app}:{item.id}",
        "name": item.name,
        "addon": {"name": item.add_on},
        "app": {"name": item.app},
    }


def _release(item: Release) -> dict[str, Any]:
    return {
        "version": item.version,
        "status": item.status,
        "current": item.current,
        "description": item.description,
        "slug": {"id": SLUG} if item.slug else None,
    }


def _dyno(item: Dyno) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "type": item.type,
        "state": item.state,
        "release": {"version": item.version},
        "command": item.command,
    }


@contextlib.contextmanager
def serving(account: Account) -> Iterator[str]:
    """Answer for an account while the block lasts; yields the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _platform(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith(BROKER):
                self._send(200, _asked(account, text), {})
                return
            left = account.spend(self.command)
            if left is None:
                body = json.dumps({"id": "rate_limit", "message": "Your account reached its rate limit."}).encode()
                self._send(429, body, {"RateLimit-Remaining": "0"})
                return
            time.sleep(account.takes(self.command, self.path))
            status, document = 200, {}
            try:
                document = account.answer(self.command, self.path, json.loads(text or b"null"))
            except AppUnknown as error:
                status, document = 404, {"id": "not_found", "message": str(error)}
            self._send(status, json.dumps(document).encode(), {"RateLimit-Remaining": str(left)})

        do_GET = do_POST = do_PATCH = do_DELETE = _platform  # noqa: N815 -- the base class names them so

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: Any) -> None:
            """A client that was killed has gone in the middle."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _asked(account: Account, text: bytes) -> bytes:
    label, part, method, args, kwargs = pickle.loads(text)  # noqa: S301 -- from our own subprocess on loopback
    try:
        return pickle.dumps((True, account.of_broker(label, part, method, args, kwargs)))
    except Exception as error:  # noqa: BLE001 -- raised where it was asked
        return pickle.dumps((False, error))
