"""The limits of a vhost: none, some, or an answer that nobody understands."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.brokers.report import BrokerUnreadable
from migrate.brokers.statistics import VhostLimits
from migrate.clients.vhost_limits import vhost_limits


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        ([], VhostLimits(None, None)),
        ([{"vhost": "v", "value": {"max-connections": 20, "max-queues": 100}}], VhostLimits(20, 100)),
        ([{"vhost": "v", "value": {"max-queues": 100}}], VhostLimits(None, 100)),
        ([{"vhost": "v", "value": {"max-connections": -1}}], VhostLimits(None, None)),
        ([{"vhost": "v", "value": {"max-connections": 0}}], VhostLimits(0, None)),
    ],
)
def test_limits_are_read(body: list[Any], limits: VhostLimits) -> None:
    assert vhost_limits(body) == limits


@pytest.mark.parametrize(
    "body",
    [None, {}, "none", [{}], [{"value": None}], [{"value": {"max-connections": "20"}}], [1], [{"value": {}}] * 2],
)
def test_another_shape_is_unreadable_and_not_without_limit(body: object) -> None:
    with pytest.raises(BrokerUnreadable, match="unknown shape"):
        vhost_limits(body)
