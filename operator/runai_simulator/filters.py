"""`filterBy`, `sortBy` and `search` of the lists: the contract's pattern, with every operator and key of it."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from runai_simulator.clock import microseconds
from runai_simulator.errors import bad_request

T = TypeVar("T")
Fields = Mapping[str, Callable[[T], Any]]
Accepts = Callable[[Any], bool]

MOST_FILTERS = 10
CONDITION = re.compile(r"(?P<field>[A-Za-z0-9]+?)(?P<operator>==|!=|<=|>=|=@|!@|=\^|=\$)(?P<value>.+)", re.DOTALL)
ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
}
TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "=@": lambda have, want: want in have,
    "!@": lambda have, want: want not in have,
    "=^": str.startswith,
    "=$": str.endswith,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, in microseconds since the epoch: filtered by RFC 3339, not as a number."""

    at: int


@dataclass(frozen=True, slots=True)
class Condition:
    """One `field operator value` of a filterBy."""

    field: str
    operator: str
    value: str


def parse(text: str | None, fields: Iterable[str], most: int | None = MOST_FILTERS) -> list[Condition]:
    """The conditions of a filterBy, separated by commas; raises ApiError 400 for what the pattern does not take."""
    if not text:
        return []
    known = frozenset(fields)
    conditions = [_condition(part, known) for part in text.split(",")]
    if most is not None and len(conditions) > most:
        raise bad_request(f"filterBy takes at most {most} conditions")
    return conditions


def _condition(text: str, known: frozenset[str]) -> Condition:
    match = CONDITION.fullmatch(text)
    if match is None or match["field"] not in known:
        raise bad_request(f"filterBy {text!r} is not <field><operator><value> with a known field and operator")
    return Condition(match["field"], match["operator"], match["value"])


def matching(items: Iterable[T], conditions: Iterable[Condition], fields: Fields[T]) -> list[T]:
    """The items that meet all conditions. A value that is absent meets only != and !@."""
    tests = [(fields[condition.field], _accepts(condition)) for condition in conditions]
    return [item for item in items if all(accepts(value(item)) for value, accepts in tests)]


def _accepts(condition: Condition) -> Accepts:
    negative = condition.operator.startswith("!")
    if condition.operator in TEXTUAL:
        contains = TEXTUAL[condition.operator]
        return lambda have: negative if have is None else contains(_text(have), condition.value)
    compare = ORDERED[condition.operator]
    wanted = _readings(condition.value)
    return lambda have: negative if have is None else _compared(compare, have, wanted)


@dataclass(frozen=True, slots=True)
class Readings:
    """What a filter's value can mean, depending on what it is compared with."""

    text: str
    number: float | None
    moment: int | None


def _readings(value: str) -> Readings:
    return Readings(value, _or_none(float, value), _or_none(microseconds, value))


def _or_none(read: Callable[[str], T], value: str) -> T | None:
    try:
        return read(value)
    except (ValueError, OverflowError):
        return None


def _compared(compare: Callable[[Any, Any], bool], have: Any, wanted: Readings) -> bool:
    if isinstance(have, Moment):
        if wanted.moment is None:
            raise bad_request(f"filterBy: {wanted.text!r} is not a date-time")
        return compare(have.at, wanted.moment)
    if isinstance(have, (int, float)):
        if wanted.number is None:
            raise bad_request(f"filterBy: {wanted.text!r} is not a number")
        return compare(have, wanted.number)
    return compare(str(have), wanted.text)


def _text(value: Any) -> str:
    return str(value.at) if isinstance(value, Moment) else str(value)


def in_order(items: list[T], key: str | None, order: str, fields: Fields[T]) -> list[T]:
    """Sorted by the key, stable; what has no value comes last when ascending, first when descending."""
    if key is None:
        return items
    value = fields[key]
    return sorted(items, key=lambda item: _rank(value(item)), reverse=order == "desc")


def _rank(value: Any) -> tuple[bool, Any]:
    if value is None:
        return (True, 0)
    return (False, value.at if isinstance(value, Moment) else value)
