"""What the Platform API answers instead of doing: status, id and message.

Statuses and ids: https://devcenter.heroku.com/articles/platform-api-reference#error-responses
"""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """An answer that is an error; `headers` go with it, `resource` says what was not found."""

    def __init__(
        self,
        status: int,
        error_id: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        resource: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, Any] = {"id": error_id, "message": message}
        if resource:
            self.body["resource"] = resource


def not_found(what: str, resource: str | None = None) -> Refused:
    """Return the refusal for a thing that does not exist."""
    return Refused(404, "not_found", f"Couldn't find that {what}.", resource=resource)


def invalid(message: str) -> Refused:
    """Return the refusal of a request that cannot be done."""
    return Refused(422, "invalid_params", message)


def must_confirm(app: str, message: str) -> Refused:
    """Return the refusal that is lifted by sending `confirm` with the name of the app."""
    headers = {"X-Confirmation-Required": app}
    return Refused(423, "confirmation_required", f"{message} To proceed, confirm with {app}.", headers=headers)
