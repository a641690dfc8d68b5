"""docs/reference/chart.md, made of values.yaml: each value, its default, and the comment above it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from .render import CHART

PAGE = "docs/reference/chart.md"
INTRODUCTION = """\
<!-- Generated from deploy/helm/runai-operator/values.yaml by `make generate`: change that. -->
# The chart's values

What `deploy/helm/runai-operator` can be told, by `--set` or `--values`; anything else is refused (values.schema.json).
Credentials are none of it: they are in a Secret that you create. `global` and `enabled` are taken, and mean nothing
here: they are for charts that contain this one.

| value | default | what it means |
| --- | --- | --- |
"""
LINE = re.compile(r"^(?P<indent> *)(?:# ?(?P<comment>.*)|(?P<key>[A-Za-z0-9]+):.*)$")


@dataclass(frozen=True)
class Value:
    """A value that is described: the keys that lead to it, and what the comment above it says."""

    path: tuple[str, ...]
    comment: str


def described(text: str) -> list[Value]:
    """The values of a values.yaml that have a comment right above them, in order."""
    return [Value(path, comment) for path, comment in _keys(text) if comment]


def page() -> str:
    """The page of the chart as it is. Raises LookupError where a value has no comment."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    defaults = yaml.safe_load(text)
    values = described(text)
    if missing := sorted({*_leaves(defaults)} - {*_covered(defaults, values)}):
        raise LookupError(f"values.yaml says nothing of {', '.join('.'.join(path) for path in missing)}")
    return INTRODUCTION + "".join(_row(value, _at(defaults, value.path)) for value in values)


def _keys(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each key of the block style, with the comment right above it; lines of lists and of flow style are none."""
    parents: list[tuple[int, str]] = []
    comment: list[str] = []
    for line in text.splitlines():
        found = LINE.match(line)
        if found and found["comment"] is not None:
            comment.append(found["comment"].strip())
            continue
        if found:
            indent = len(found["indent"])
            parents = [*(parent for parent in parents if parent[0] < indent), (indent, found["key"])]
            yield tuple(key for _, key in parents), " ".join(comment)
        comment = []


def _leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from _leaves(value, (*path, key))
    else:
        yield path


def _covered(defaults: Any, values: list[Value]) -> Iterator[tuple[str, ...]]:
    """A comment speaks for all that is below it, where nothing there has one of its own."""
    commented = {value.path for value in values}
    for leaf in _leaves(defaults):
        above = [leaf[:length] for length in range(len(leaf), 0, -1)]
        nearest = next((path for path in above if path in commented), None)
        if nearest and not any(path != nearest and path[: len(nearest)] == nearest for path in commented - {leaf}):
            yield leaf


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values[key]
    return values


def _row(value: Value, default: Any) -> str:
    return f"| `{'.'.join(value.path)}` | `{json.dumps(default)}` | {_escaped(value.comment)} |\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
