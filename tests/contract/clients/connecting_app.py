"""A Celery app and its web process in which every thread can be made to hold a connection while it publishes."""

from __future__ import annotations

import json
import os
import threading
import time

from celery import Celery
from flask import Flask, request

app = Celery("connecting", broker=os.environ["CLOUDAMQP_URL"])
app.conf.update(json.loads(os.environ.get("SETTINGS", "{}")))
web = Flask("connecting")


def publish(seconds: float) -> None:
    """Publish, and keep the connection as long as somebody would who publishes much."""
    with app.producer_or_acquire() as producer:
        app.send_task("connecting.nothing", queue="sink", producer=producer)
        time.sleep(seconds)


@app.task(name="connecting.publish")  # type: ignore[untyped-decorator]  # Celery has no types
def publishing(seconds: float) -> None:
    publish(seconds)


@app.task(name="connecting.echo")  # type: ignore[untyped-decorator]  # Celery has no types
def echo(word: str) -> str:
    return word


@web.get("/publish")
def published() -> str:
    publish(float(request.args["seconds"]))
    return f"{os.getpid()} {threading.get_ident()}"


@web.get("/result")
def waited() -> str:
    app.send_task("connecting.echo", ["word"], queue=request.args["queue"]).get(timeout=30)
    return published()
