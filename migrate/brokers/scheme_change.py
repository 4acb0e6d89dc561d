"""What it means for an app that the new broker's URL begins otherwise than the old one's: pure functions.

kombu's transport for ``amqps`` speaks TLS whether ``broker_use_ssl`` is set or not, ``amqp`` only where it is; the
port, where the URL has none, follows that.
https://github.com/celery/kombu/blob/v5.5.0/kombu/transport/pyamqp.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.brokers.address import BrokerAddress

_MEANS: Final = {
    "amqps": "Celery then speaks TLS by the URL alone; broker_use_ssl (BROKER_USE_SSL) may stay as it is: True adds "
    "nothing, False takes nothing away, and certificates that it names are used.",
    "amqp": "Celery then speaks TLS only where broker_use_ssl (BROKER_USE_SSL) is set. Where it is not, tasks travel "
    "unencrypted: set it, or let the URL begin with amqps.",
}


def scheme_change(old: BrokerAddress, new: BrokerAddress, variables: Sequence[str]) -> str | None:
    """Given both brokers and the variables that lead to the new one, say what changes; None where nothing does."""
    if old.scheme == new.scheme:
        return None
    return (
        f"The new broker's URL begins with {new.scheme}://, the old one's with {old.scheme}://: {listed(variables)}. "
        f"{_MEANS[new.scheme]}"
    )
