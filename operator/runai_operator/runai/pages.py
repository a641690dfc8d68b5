"""Reading a list that comes in pages, to its end or to where it should have ended."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

from .errors import Unreadable

MOST_PAGES = 400
"""Of 500 rows: twenty times the largest fleet that this is built for."""


class AnyPage(Protocol):
    """A page of a list: how many rows it has, and the offset of the one after it as it was told."""

    @property
    def count(self) -> int: ...

    @property
    def next(self) -> int | None: ...


P = TypeVar("P", bound=AnyPage)


async def pages(read: Callable[[int], Awaitable[P]]) -> AsyncIterator[P]:
    """The pages that `read` gives by their offset. A page that is empty, or that leads nowhere but back, is the last.

    Raises what `read` raises, and Unreadable where there is no end to it.
    """
    offset = 0
    for _ in range(MOST_PAGES):
        page = await read(offset)
        yield page
        if page.count == 0 or page.next is None or page.next <= offset:
            return
        offset = page.next
    told = f"a list of Run:ai's does not end: {MOST_PAGES} pages were read, and the last one names another."
    raise Unreadable(f"{told} Is there a proxy before it that answers each page with the same?")
