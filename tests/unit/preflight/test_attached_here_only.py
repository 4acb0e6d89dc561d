from __future__ import annotations

from fakes.facts import ADD_ON, healthy_facts

from migrate.platform import Attachment
from migrate.preflight.attached_here_only import attached_here_only
from migrate.preflight.finding import Severity


def attached(*apps: str) -> tuple[Attachment, ...]:
    return tuple(Attachment(f"id-{number}", f"NAME_{number}", ADD_ON.name, app) for number, app in enumerate(apps))


def test_several_attachments_of_this_app_are_no_finding() -> None:
    assert attached_here_only(healthy_facts(attachments=attached("shop", "shop"))) is None


def test_an_add_on_that_other_apps_use_is_refused_and_each_is_named_once() -> None:
    found = attached_here_only(healthy_facts(attachments=attached("search", "shop", "billing", "search")))

    assert found is not None
    assert (found.code, found.severity) == ("SHARED_ADD_ON", Severity.REFUSE)
    assert found.what.endswith(": billing, search.")
