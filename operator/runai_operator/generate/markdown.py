"""Tables of Markdown, as the generated pages of docs/reference have them."""

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([*_<|])")


def table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A table, with an empty line after it; its cells are Markdown, in which a | must be escaped."""
    lines = [row(head), row("---" for _ in head), *(row(cells) for cells in rows)]
    return "\n".join([*lines, ""])


def row(cells: Iterable[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """The text such that Markdown shows it as it is, in a cell too."""
    return _MARKUP.sub(r"\\\1", text)
