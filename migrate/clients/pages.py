"""A listing of the management API in pages: whole and of one moment, or not at all.

https://www.rabbitmq.com/docs/management#http-api-pagination
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from migrate.brokers.report import BrokerUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE_SIZE: Final = 500
"""The most that RabbitMQ allows; LavinMQ allows more."""
_READINGS: Final = 3
_MOST_PAGES: Final = 1000


def objects(body: Any) -> list[dict[str, Any]]:
    """Given a reply, return it as a list of objects; raises BrokerUnreadable when it is something else."""
    if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
        raise BrokerUnreadable("the reply is not a list of objects")
    return body


def all_pages(read_page: Callable[[int], Any]) -> list[dict[str, Any]]:
    """Given what reads one page by its number, return the items of all of them.

    What comes, goes or moves to another page meanwhile shows in the totals or as a doublet; then all is read
    anew. Raises BrokerUnreadable when that goes on, or when a page is of another shape.
    """
    for _ in range(_READINGS):
        if (items := _once(read_page)) is not None:
            return items
    raise BrokerUnreadable("the listing changed again and again while its pages were read")


def _once(read_page: Callable[[int], Any]) -> list[dict[str, Any]] | None:
    items: list[dict[str, Any]] = []
    totals: set[int] = set()
    number, pages = 1, 1
    while number <= pages:
        body = read_page(number)
        if not isinstance(body, dict):
            raise BrokerUnreadable("a page is not an object")
        items += objects(body.get("items"))
        pages = _count(body, "page_count")
        totals.add(_count(body, "total_count"))
        if pages > _MOST_PAGES:
            raise BrokerUnreadable(f"{pages} pages are too many")
        number += 1
    names = {item.get("name") for item in items}
    return items if totals == {len(items)} and len(names) == len(items) else None


def _count(page: dict[str, Any], field: str) -> int:
    value = page.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BrokerUnreadable(f"a page without {field}")
    return value
