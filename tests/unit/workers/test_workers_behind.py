from __future__ import annotations

from typing import Any

import pytest
from fakes.heroku import FakeHeroku
from fakes.migrations import a_migration

from migrate.errors import AccessError, MigrateError, WorldChanged
from migrate.workers.workers_behind import point_out_scheme


class Scene:
    """A run whose live release cannot be read."""

    def __init__(self, trouble: MigrateError) -> None:
        self.heroku, self.app, self.migration = FakeHeroku(), "shop", a_migration()
        self.journal, self.trouble, self.notes = self, trouble, list[str]()
        self.note = self.notes.append

    def outcome(self, _effect: str) -> dict[str, int]:
        return {"version": self.heroku.current.version}

    def variables(self) -> dict[str, str]:
        raise self.trouble


@pytest.mark.parametrize(
    "trouble", [WorldChanged("None of the newest releases is live."), AccessError("It is late.")]
)
def test_nothing_rests_on_a_word_about_the_new_url_so_that_what_cannot_be_read_is_not_told(
    trouble: MigrateError,
) -> None:
    scene: Any = Scene(trouble)

    point_out_scheme(scene, since="eager-on")

    assert scene.notes == []
