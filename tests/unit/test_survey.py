"""What is read of the world before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import APP, COMMANDS, FakeHeroku

from migrate.brokers.pasted_commands import WHY
from migrate.platform import Attachment
from migrate.survey import survey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.pasted_copies import Copy

URL = "amqps://cloudamqp-old-1:canary-cloudamqp-old-1@host/cloudamqp-old-1"
OTHER = "billing"


class TwoApps(FakeHeroku):
    """The add-on is the shop's, and attached to the app ``billing`` as ``BROKER``."""

    def __init__(self, variables: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__()
        self.variables = variables

    def config_vars(self, app: str) -> dict[str, str]:
        own = {"BROKER_URL": URL} if app == OTHER else self.config
        return {**own, **self.variables.get(app, {})}

    def attachments_of(self, add_on: str) -> tuple[Attachment, ...]:
        return (*super().attachments_of(add_on), Attachment("id-x", "BROKER", "cloudamqp-old-1", OTHER))


def copies(heroku: FakeHeroku) -> tuple[Copy, ...]:
    fake: Any = heroku
    return survey(fake, fake, APP, heroku.add_ons(APP)[0], "cloudamqp:bunny").copies


@pytest.mark.parametrize(("app", "variable", "said_of"), [(APP, "BROKER_URL", ""), (OTHER, "CLOUDAMQP_URL", OTHER)])
def test_a_pasted_copy_is_seen_though_another_app_knows_the_add_on_by_that_name(
    app: str, variable: str, said_of: str
) -> None:
    found = copies(TwoApps({app: {variable: URL}}))

    assert [(item.variable, item.app, item.doubt) for item in found] == [(variable, said_of, "")]


def test_what_the_add_on_itself_has_set_in_each_app_is_no_copy() -> None:
    assert copies(TwoApps({})) == ()


def test_an_address_in_the_command_of_a_process_is_a_copy_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "web", f"celery -A shop flower --broker_api={URL.replace('amqps', 'https')}")

    (found,) = copies(FakeHeroku())

    assert (found.variable, found.doubt) == ("the command of web", WHY)
    assert "canary" not in repr(found)
