from __future__ import annotations

import pytest
from fakes.clock import FakeClock

from migrate.clients.recent_reads import FRESH_SECONDS, RecentReads
from migrate.errors import HerokuUnreachable


class Scene:
    """Somebody who is asked, and counts how often."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.recent = RecentReads(self.clock)
        self.asked = 0
        self.seconds = 0.0

    def ask(self) -> int:
        self.asked += 1
        self.clock.sleep(self.seconds)
        return self.asked

    def answer(self, question: str = "/apps/shop/dynos") -> object:
        return self.recent.answer(question, self.ask)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_is_asked_in_one_breath_is_one_question(scene: Scene) -> None:
    assert [scene.answer(), scene.answer()] == [1, 1]


def test_another_question_has_an_answer_of_its_own(scene: Scene) -> None:
    assert [scene.answer(), scene.answer("/apps/shop/releases")] == [1, 2]


def test_an_answer_is_as_old_as_its_question(scene: Scene) -> None:
    scene.seconds = FRESH_SECONDS + 0.1
    assert [scene.answer(), scene.answer()] == [1, 2]


def test_what_is_forgotten_is_asked_anew(scene: Scene) -> None:
    scene.answer()
    scene.recent.forget()

    assert scene.answer() == 2


def test_a_question_that_failed_has_no_answer(scene: Scene) -> None:
    def fail() -> None:
        raise HerokuUnreachable("Heroku did not answer.")

    with pytest.raises(HerokuUnreachable):
        scene.recent.answer("/apps/shop/dynos", fail)

    assert scene.answer() == 1


def test_one_question_is_forgotten_without_the_others(scene: Scene) -> None:
    scene.answer()
    scene.answer("/apps/shop/releases")
    scene.recent.forget("/apps/shop/dynos")

    assert [scene.answer("/apps/shop/releases"), scene.answer()] == [2, 3]


def test_what_cannot_change_is_known_however_old_it_is(scene: Scene) -> None:
    scene.recent.keep("/apps/shop/releases/7/config-vars", {"DEBUG": "0"})
    scene.clock.sleep(3600)
    scene.recent.forget()

    assert scene.recent.known("/apps/shop/releases/7/config-vars") == {"DEBUG": "0"}
    assert scene.recent.known("/apps/shop/releases/8/config-vars") is None
