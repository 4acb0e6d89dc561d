"""The pre-receive hook, run by git: has what is pushed built, prints the output, declines what does not build.

It runs by itself, without the rest of the program. What it may ask of whom is in an environment variable.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

_DEPLOYED = {"refs/heads/main", "refs/heads/master"}
"""https://devcenter.heroku.com/articles/git#deploy-from-a-branch-besides-main"""
ADDRESS = "SANDBOX_PUSH_URL"


def main() -> int:
    """Given on standard input `OLD NEW REF` lines, return 0 if git may take them all."""
    pushed = [line.split() for line in sys.stdin]
    commits = [new for _, new, ref in pushed if ref in _DEPLOYED and int(new, 16)]
    if not commits:
        sys.stdout.write("Pushed to non-main branch, skipping build.\n")
    return 0 if all(_builds(commit) for commit in commits) else 1


def _builds(commit: str) -> bool:
    """Send the files of a commit to the server, show what the build prints, and return whether it succeeded."""
    address = urlsplit(os.environ[ADDRESS])
    path = f"{address.path}?{address.query}&commit={commit}"
    connection = http.client.HTTPConnection(address.netloc)
    command = ["git", "archive", "--format=tar.gz", commit]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as archive:  # noqa: S603  a commit id from git itself
        connection.request("POST", path, body=archive.stdout)
        answer = connection.getresponse()
        while part := answer.read1(65536):
            sys.stdout.buffer.write(part)
            sys.stdout.flush()
    connection.request("GET", path)
    succeeded: bool = json.load(connection.getresponse())["status"] == "succeeded"
    return succeeded


if __name__ == "__main__":
    sys.exit(main())
