from __future__ import annotations

import pytest

from migrate.wording import sentence


@pytest.mark.parametrize(
    ("reason", "said"),
    [("no answer", "No answer."), ("Gone.", "Gone."), ("", "."), ("v7 is pending", "V7 is pending.")],
)
def test_a_reason_becomes_a_sentence(reason: str, said: str) -> None:
    assert sentence(reason) == said
