"""Custom resources drawn from the schema of their CRD: at its boundaries, and a little past them.

A resource is drawn as JSON text, since much that is hostile (1e400, NaN, half a surrogate) is no value of Python's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from runai_operator.api.names import API_VERSION, CLAIM, GROUP

Schema = Mapping[str, Any]
Strategy = st.SearchStrategy[Any]


class Raw(str):
    """JSON as it stands."""


def text_of(value: Any) -> str:
    """A value as JSON text."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{text_of(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(text_of(each) for each in value) + "]"
    return json.dumps(value)


def nested(levels: int, inner: str = "1") -> Raw:
    return Raw('{"a":' * levels + inner + "}" * levels)


NUMBERS = [
    *("0", "-0", "-1", "1.5", "1e3", "1.0", str(2**31), str(2**63 - 1), str(2**63), str(-(2**63) - 1), str(2**64)),
    *("1e308", "1e309", "1e400", "-1e400", "1e-400", "9" * 400, "0.1e1", "1E+2", "NaN", "Infinity", "01", "0x10", "+1"),
]
WORDS = [
    *('""', '" "', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u202e"', '"\\ufeff"', '"🦄"', '"a\\nb"', '"null"'),
    *('"../../x"', '"${HOME}"', '"{{ .Values }}"', '"\'; --"', '"%00"', '"' + "ß" * 300 + '"', '"' + "x" * 5000 + '"'),
]
ODD = [
    *NUMBERS,
    *WORDS,
    *(
        "null",
        "true",
        "false",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        '{"a":null}',
        '{"":""}',
        '{"a":1,"a":2}',
        "[" * 60 + "]" * 60,
    ),
    nested(20),
]
LETTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(LETTERS, max_size=20) | st.sampled_from(
    ["", "~", "/", "a/b", "a~1b", "ß", "\u200b", "\u0000", "limits"]
)
QUANTITIES = st.sampled_from(
    ["1", "1000m", "1.0", "0", "-1", "1e3", "1e999999999999999999999", "1Ki", ".5", "1e-400", "9" * 400, "", "1 "]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NUMBERS).map(Raw) | st.floats(allow_nan=False) | TEXTS | QUANTITIES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
DEPTHS = st.sampled_from([1, 60, 97, 98, 99, 100, 101, 102, 250, 1100, 3000])


def of(schema: Schema) -> Strategy:
    """What the schema allows, with a liking for its boundaries."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "string":
            return _strings(schema)
        case "boolean":
            return st.booleans()
        case "integer" | "number" as kind:
            low, high = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
            inside = st.sampled_from([low, high])
            return inside | (st.integers(int(low), int(high)) if kind == "integer" else st.floats(low, high))
        case "array":
            return st.lists(of(schema["items"]), max_size=min(3, schema.get("maxItems", 3)))
    if "additionalProperties" in schema:
        return st.dictionaries(_keys(), of(schema["additionalProperties"]), max_size=2)
    return objects(schema)


def objects(schema: Schema, **given: Strategy) -> Strategy:
    """Objects of a schema, with strategies of one's own for some fields."""
    properties, required = schema.get("properties", {}), set(schema.get("required", ()))
    fields = {name: given.get(name, of(each)) for name, each in properties.items()}
    return st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in required},
        optional={name: each for name, each in fields.items() if name not in required},
    )


def _strings(schema: Schema) -> Strategy:
    low, high = schema.get("minLength", 0), schema.get("maxLength", 64)
    if schema.get("format") == "date-time":
        return st.just("2026-01-01T00:00:00Z")
    if "pattern" in schema:
        plain = st.sampled_from([size for size in (1, 2, 63, high) if low <= size <= high]).map(lambda n: "a" * n)
        drawn = st.from_regex(schema["pattern"], fullmatch=True).filter(lambda text: low <= len(text) <= high)
        return drawn | (plain if schema["pattern"].startswith("^[a-z0-9]") else drawn)
    drawn = st.text(LETTERS, min_size=low, max_size=min(high, 20))
    return drawn | st.sampled_from([low, high, high + 1]).map(lambda size: "é" * size)


def _keys() -> Strategy:
    return st.from_regex(r"[a-z]{1,8}", fullmatch=True)


def seldom(odd: Strategy, plain: Strategy) -> Strategy:
    """Mostly what is plain: a resource that is odd everywhere is refused, and tells nothing of the operator."""
    return st.integers(0, 5).flatmap(lambda dice: odd if dice == 5 else plain)


ODD_JSON = st.sampled_from(ODD).map(Raw)
NOTES = st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True), TEXTS, max_size=2)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "name": seldom(st.sampled_from(["trainer", "", "A", "a" * 64]) | st.none(), st.just("")),
        "generateName": st.just(""),
        "namespace": seldom(st.just("kube-system"), st.just("")),
        "labels": seldom(ODD_JSON | st.dictionaries(TEXTS, TEXTS, max_size=2), NOTES),
        "annotations": seldom(ODD_JSON | st.dictionaries(st.just(f"{GROUP}/stamp"), TEXTS), NOTES),
        "finalizers": seldom(ODD_JSON, st.lists(st.sampled_from(["a/b", "foregroundDeletion"]), max_size=1)),
        "ownerReferences": seldom(ODD_JSON, st.just([])),
        "creationTimestamp": seldom(ODD_JSON, st.none()),
        "managedFields": seldom(ODD_JSON, st.just([])),
        "uid": seldom(ODD_JSON, st.just("")),
        "generation": seldom(st.sampled_from(NUMBERS).map(Raw), st.integers(-5, 5)),
    },
)
SPECS = (
    st.dictionaries(TEXTS, JSON, max_size=4)
    | st.fixed_dictionaries({"limits": st.dictionaries(TEXTS, QUANTITIES | st.floats(allow_nan=False), max_size=3)})
    | DEPTHS.map(nested)
    | st.integers(1, 200_000).map(lambda size: {"data": "ß" * size})
    | ODD_JSON
)
MANIFESTS = st.fixed_dictionaries(
    {
        "apiVersion": seldom(st.sampled_from(["v1", "", "a/b/c"]), st.just("batch/v1")),
        "kind": seldom(st.sampled_from(["List", "JobList", "", "job", "ß"]), st.just("Job")),
    },
    optional={"metadata": METADATA, "spec": SPECS, "status": JSON, "items": JSON, "": JSON},
)
ANNOTATIONS = st.dictionaries(
    st.sampled_from([f"{GROUP}/{key}" for key in ("reconcile-at", "rerun-at", "paused", "release", "confirm-absence")])
    | st.just(CLAIM),
    TEXTS | st.sampled_from(["true", "{}", "[]", "null", '{"namespace":"x","name":"y","uid":1}', "x" * 3000]),
    max_size=2,
)


@st.composite
def resources(draw: st.DrawFn, kind: str, spec: Strategy) -> dict[str, Any]:
    """A whole resource, as a user would write it; up to two places in its spec are spoiled. Its name is to be set."""
    drawn = draw(spec)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        drawn = draw(spoiled(drawn))
    metadata = {"annotations": draw(ANNOTATIONS)} if draw(st.booleans()) else {}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": drawn}


def spoiled(document: Any) -> Strategy:
    """The document with one place of it replaced by what does not belong there, or taken away."""
    places = [*_places(document)]
    return st.sampled_from(places).flatmap(lambda place: _wrong(_at(document, place)).map(_put(document, place)))


def _wrong(value: Any) -> Strategy:
    near = (
        [value.lower(), value.upper(), f"{value} ", f" {value}", value[:-1], value * 100]
        if isinstance(value, str)
        else []
    )
    return st.sampled_from(ODD).map(Raw) | (st.sampled_from(near) if near else st.nothing())


def _places(document: Any, *path: str | int) -> Any:
    yield path
    inside = (
        document.items() if isinstance(document, Mapping) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, each in inside:
        yield from _places(each, *path, step)


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def _put(document: Any, path: tuple[str | int, ...]) -> Any:
    def put(value: Any) -> Any:
        if not path:
            return value
        step, *rest = path
        inner = _put(document[step], (*rest,))(value)
        if isinstance(document, list):
            return [inner if index == step else each for index, each in enumerate(document)]
        return {**document, step: inner}

    return put
