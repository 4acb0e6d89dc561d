"""A minute between two readings: shown while it lasts, and not lost to one reading that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.traffic import a_traffic

from migrate.advice.counting import count_messages
from migrate.brokers.report import BrokerUnreadable
from migrate.errors import MessageQuotaUnproven
from migrate.waits import Waiting

if TYPE_CHECKING:
    from migrate.brokers.traffic import Traffic


class Counters:
    """Give the readings in their order, the last one again and again."""

    def __init__(self, *readings: Traffic | BrokerUnreadable) -> None:
        self.readings = list(readings)

    def read(self) -> Traffic:
        reading = self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]
        if isinstance(reading, BrokerUnreadable):
            raise reading
        return reading


SILENT = BrokerUnreadable("no answer")
FIRST, SECOND = a_traffic(1, 1, celery=1), a_traffic(61, 31, celery=31)


def test_the_wait_says_how_long_it_goes_on_and_ends_on_time() -> None:
    clock, said = FakeClock(), list[Waiting]()

    counted = count_messages(Counters(FIRST, SECOND).read, 60, clock, said.append)

    assert (counted.seconds, counted.published, counted.delivered) == (60.0, 60, 30)
    assert said[0].reason == "counting messages for 60 s more"
    assert len(said) == 60


def test_a_second_reading_that_fails_is_tried_again_and_the_time_counts() -> None:
    counted = count_messages(Counters(FIRST, SILENT, SECOND).read, 60, FakeClock(), lambda _: None)

    assert counted.seconds == 62.0


@pytest.mark.parametrize("readings", [(SILENT,), (FIRST, SILENT)])
def test_counters_that_cannot_be_read_prove_nothing(readings: tuple[Traffic | BrokerUnreadable, ...]) -> None:
    with pytest.raises(MessageQuotaUnproven) as refused:
        count_messages(Counters(*readings).read, 60, FakeClock(), lambda _: None)

    assert "no answer" in refused.value.why.lower()
