"""From a model to a structural schema, the dialect of JSON Schema that a CRD is written in."""

from collections.abc import Mapping
from typing import Any

from runai_operator.api.wire import Wire

Schema = dict[str, Any]

_INT_FORMATS = {"integer": "int64", "number": "double"}


def structural(model: type[Wire]) -> Schema:
    """The model's schema without references, titles, unions with null, and defaults that say nothing."""
    schema = model.model_json_schema(by_alias=True)
    return _structural(schema, schema.get("$defs", {}))


def _structural(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    plain = _without_null(_resolved(schema, definitions), definitions)
    if plain.get("default", ...) in (None, []):
        del plain["default"]
    for useless in ("title", "$defs"):
        plain.pop(useless, None)
    if plain.get("additionalProperties") is True:
        del plain["additionalProperties"]
    if "const" in plain:
        plain["enum"] = [plain.pop("const")]
    if number := _INT_FORMATS.get(plain.get("type", "")):
        plain.setdefault("format", number)
    for holder in ("items", "additionalProperties"):
        if holder in plain:
            plain[holder] = _structural(plain[holder], definitions)
    if "properties" in plain:
        plain["properties"] = {name: _structural(each, definitions) for name, each in plain["properties"].items()}
    return _description_first(plain)


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    """What stands beside a reference, such as the field's own description, outranks what it refers to."""
    if "$ref" not in schema:
        return dict(schema)
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**_resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions), **beside}


def _without_null(schema: Schema, definitions: Mapping[str, Any]) -> Schema:
    """An optional field is one that may be left out; none of ours may be null."""
    if "anyOf" not in schema:
        return schema
    (only,) = (each for each in schema.pop("anyOf") if each.get("type") != "null")
    return {**_resolved(only, definitions), **schema}


def _description_first(schema: Schema) -> Schema:
    return {"description": schema["description"], **schema} if "description" in schema else schema
