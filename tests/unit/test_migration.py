from __future__ import annotations

import json
import re

import pytest
from fakes.migrations import a_migration

from migrate.brokers.queues import BY_RULE, Sorting
from migrate.migration import Migration, new_id, url_variable


def test_a_migration_survives_json() -> None:
    migration = a_migration(eager_before="False")
    assert Migration.from_json(json.loads(json.dumps(migration.to_json()))) == migration


def test_a_variable_that_was_not_set_stays_told_apart_from_an_empty_one_through_json() -> None:
    unset, empty = (
        Migration.from_json(json.loads(json.dumps(a_migration(eager_before=value).to_json()))) for value in (None, "")
    )
    assert (unset.eager_before, empty.eager_before) == (None, "")


def test_a_field_that_this_version_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError):
        Migration.from_json({**a_migration().to_json(), "invented": 1})


def test_a_missing_plain_field_is_refused() -> None:
    body = a_migration().to_json()
    del body["to_plan"]
    with pytest.raises(TypeError):
        Migration.from_json(body)


def test_the_new_add_on_is_named_after_the_service_and_the_migration() -> None:
    assert a_migration().new_add_on == "cloudamqp-mig-7f3k2q"


def test_two_migrations_never_name_their_add_ons_alike() -> None:
    assert a_migration(id="mig-bbbbbb").new_add_on != a_migration(id="mig-cccccc").new_add_on


def test_the_brokers_variable_follows_the_first_attachment() -> None:
    assert a_migration(attachments=("QUEUE", "CLOUDAMQP")).variable == "QUEUE_URL"
    assert url_variable("CLOUDAMQP") == "CLOUDAMQP_URL"


def test_an_id_can_be_read_aloud_and_typed() -> None:
    ids = [new_id() for _ in range(300)]
    assert all(re.fullmatch(r"mig-[2-9bcdfghjkmnpqrstvwxz]{6}", item) for item in ids)


def test_ids_differ() -> None:
    # 300 of 27**6: a repetition has a chance of 1 in 8,000.
    assert len({new_id() for _ in range(300)}) >= 299


def test_a_migration_of_a_version_that_did_not_know_patterns_has_none() -> None:
    body = a_migration().to_json()
    del body["work_patterns"], body["ignored_patterns"]

    assert Migration.from_json(body).sorting == BY_RULE


def test_the_patterns_for_queues_survive_json() -> None:
    migration = a_migration(work_patterns=("amq.*",), ignored_patterns=("dead", "old.*"))
    again = Migration.from_json(json.loads(json.dumps(migration.to_json())))

    assert again.sorting == Sorting(("amq.*",), ("dead", "old.*"))
