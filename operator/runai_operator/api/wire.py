"""How the custom resources' models are built: camelCase on the wire, frozen, and bounded as their CRDs are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

UNREADABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What no YAML may hold (YAML 1.2, 5.1), and a byte order mark."""


def readable(text: str) -> str:
    """The text without characters over which `kubectl get -o yaml` fails, for everything that is listed with it."""
    return UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", text)


class Wire(BaseModel):
    """A part of a custom resource: snake_case in Python, camelCase on the wire; what it does not know it ignores."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


@dataclass(frozen=True)
class Rule:
    """One CEL rule of a CRD: the expression that must hold, and what the user is told to change when it does not.

    `at` is the field that the API server shows beside the message, relative to where the rule stands.
    """

    rule: str
    message: str
    at: str | None = None

    def as_schema(self) -> dict[str, str]:
        schema = {"rule": self.rule, "message": self.message, "reason": "FieldValueForbidden"}
        return schema if self.at is None else {**schema, "fieldPath": self.at}


def rules(*each: Rule) -> dict[str, Any]:
    """The rules as `json_schema_extra` of the model or field on whose value they are evaluated."""
    return {"x-kubernetes-validations": [rule.as_schema() for rule in each]}


@dataclass(frozen=True)
class Cut:
    """Marks what we report, not what we are told: a text or list longer than the CRD allows is cut, not refused, and a
    text is made readable."""

    limit: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        bounded = handler(schema)
        bounded["maxItems" if bounded.get("type") == "array" else "maxLength"] = self.limit
        return bounded

    def __call__(self, value: Any) -> Any:
        """The value as it is told."""
        if isinstance(value, str):
            text = readable(value)
            return text if len(text) <= self.limit else text[: self.limit - 1] + "…"
        return value[: self.limit] if isinstance(value, list | tuple) else value


SHORT = Cut(253)
Text = Annotated[str, SHORT]
LongText = Annotated[str, Cut(1024)]


def to_wire(part: Wire) -> dict[str, Any]:
    """The JSON object that Kubernetes is given: what is unset, or an empty list, is left out.

    Read once more, so that what was put in by `model_copy`, which checks nothing, is cut to its bounds too: a status
    with one text too long would be refused as a whole, and nothing be told any more.
    """
    bounded = type(part).model_validate(part.model_dump(by_alias=True))
    whole: dict[str, Any] = _compact(bounded.model_dump(by_alias=True, mode="json"))
    return whole


def _compact(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _compact(each) for key, each in value.items() if each is not None and each != []}
    return [_compact(each) for each in value] if isinstance(value, list) else value
