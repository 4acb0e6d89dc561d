"""A worker; with FAMILY set it has a child in its group and one that left for a session of its own."""

import os
import signal
import subprocess
import sys
import time

STUBBORN = bool(os.environ.get("STUBBORN"))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def leave(*_: object) -> None:
    say(f"{sys.argv[1:] or ['main']} got SIGTERM")
    if not STUBBORN:
        raise SystemExit(0)


signal.signal(signal.SIGTERM, leave)
if os.environ.get("CRASH"):
    say("cannot start: CRASH is set")
    raise SystemExit(3)
say(f"{sys.argv[1:] or ['main']} listens to SIGTERM since {os.environ.get('FAMILY')}")
if len(sys.argv) == 1 and os.environ.get("FAMILY"):
    subprocess.Popen([sys.executable, __file__, "child"])
    subprocess.Popen([sys.executable, __file__, "escaped"], start_new_session=True)
while True:
    time.sleep(0.05)
