"""A receiver of short texts, as Slack's incoming webhooks are: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/

Its URL is a secret: whoever has it can post.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import requests
from msgspec import Struct, field

from migrate.errors import UsageError
from migrate.secrets import Secret

_TIME_LIMITS: Final = (3.0, 5.0)


class WebhookFailed(Exception):
    """The receiver did not take a text; says why, without its address."""


class Webhook(Struct, frozen=True):
    """Where texts are posted to."""

    url: Secret
    session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def at(cls, url: str) -> Webhook:
        """Given its URL, return the receiver; raises UsageError, which does not show it."""
        try:
            parts = urlsplit(url)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            raise UsageError(
                "--notify is not a URL.",
                why="It begins with https:// and names a host.",
                next="export MIGRATE_NOTIFY=https://hooks.slack.com/...    (so that it is in no process list)",
            )
        # What a library says about it in an error is without the host.
        Secret(url.partition("://")[2].partition("/")[2])
        return cls(Secret(url))

    def post(self, text: str) -> None:
        """Send one text, once; raises WebhookFailed."""
        try:
            reply = self.session.post(
                self.url.reveal(),
                json={"text": text},
                timeout=_TIME_LIMITS,
                allow_redirects=False,
                auth=lambda request: request,  # else netrc may add what somebody keeps there for that host
            )
        except requests.RequestException as error:
            raise WebhookFailed(f"no answer ({type(error).__name__})") from None
        if not reply.ok or reply.is_redirect:
            raise WebhookFailed(f"it answered HTTP {reply.status_code}")
