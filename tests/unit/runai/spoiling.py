"""A JSON document with what does not belong there, at each of its places."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

ODD = [
    *("null", "true", "false", '""', '" "', '"x"', "[]", "{}", "[null]", "[[]]", '{"a":{}}', '[{"id":"1"}]'),
    *("0", "-0", "-1", "1.5", "-1.5", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", str(2**63), "9" * 4000),
    *('"\\u0000"', '"a/b"', '"../x"', '"a\\nb"', '"\\u202e"', '"' + "é" * 70_000 + '"'),
    *('"0000-00-00"', '"9999-12-31T23:59:59Z"', '"9999999"', '"0001-01-01T00:00:00Z"', '"0001-01-02T00:00:00+23:59"'),
    *(
        '"2026-13-45T99:99:99Z"',
        '"2026-01-01T00:00:00-99:99"',
        "9999999999999999",
        '"2026-01-01"',
        '"2199-12-31T23:59Z"',
    ),
]
MARK = "@@odd@@"


def spoiled(document: Any) -> Iterator[tuple[str, bytes]]:
    """The document with each odd value at each place, and without each place; and where."""
    for path in places(document):
        yield f"no {path}", json.dumps(replaced(document, path, None, drop=True)).encode()
        template = json.dumps(replaced(document, path, MARK))
        for odd in ODD:
            yield f"{path} {odd[:30]}", template.replace(f'"{MARK}"', odd).encode()


def places(document: Any) -> Iterator[tuple[str | int, ...]]:
    yield ()
    for step, inner in _inside(document):
        for path in places(inner):
            yield (step, *path)


def _inside(document: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(document, dict):
        yield from document.items()
    if isinstance(document, list):
        yield from enumerate(document)


def replaced(document: Any, path: tuple[str | int, ...], value: Any, *, drop: bool = False) -> Any:
    if not path:
        return value
    step, *rest = path
    items = {key: inner for key, inner in _inside(document) if not (drop and not rest and key == step)}
    if not (drop and not rest):
        items[step] = replaced(items[step], (*rest,), value, drop=drop)
    return [*items.values()] if isinstance(document, list) else items
