"""How a desired value and an observed one differ: objects field by field, lists whole, quantities by value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# Kubernetes writes quantities under these keys; elsewhere "1" and "1.0" are two different strings.
QUANTITY_HOLDERS = frozenset({"limits", "requests", "capacity", "sizeLimit", "storage", "hard"})
QUANTITY = re.compile(r"^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]i?|Ki))?$")
BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


@dataclass(frozen=True)
class Difference:
    """One place where the two sides differ; `path` is a JSON pointer, an absent value is None."""

    path: str
    desired: Any
    observed: Any


def differences(desired: Any, observed: Any, path: str = "") -> Iterator[Difference]:
    """Where `observed` is not what is desired, in the order of the desired side. Null is the same as absent."""
    if isinstance(desired, Mapping) and isinstance(observed, Mapping):
        for key in [*desired, *(key for key in observed if key not in desired)]:
            yield from differences(desired.get(key), observed.get(key), f"{path}/{escape(key)}")
    elif not equal(desired, observed, quantity=_holds_quantities(path)):
        yield Difference(path, desired, observed)


def without(found: Iterable[Difference], ignored: Sequence[str]) -> tuple[Difference, ...]:
    """The differences that lie under none of the ignored JSON pointers."""
    return tuple(each for each in found if not any(_under(each.path, pointer) for pointer in ignored))


def equal(one: Any, other: Any, *, quantity: bool = False) -> bool:
    """Equality of JSON values: `true` is not `1`, 2 is 2.0, null fields count as absent."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(
            equal(one.get(key), other.get(key), quantity=quantity or key in QUANTITY_HOLDERS)
            for key in one.keys() | other.keys()
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(equal(a, b, quantity=quantity) for a, b in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if one == other:
        return True
    return quantity and _value(one) is not None and _value(one) == _value(other)


def escape(key: str) -> str:
    """One token of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _under(path: str, pointer: str) -> bool:
    pointer = pointer.rstrip("/")
    return path == pointer or path.startswith(pointer + "/")


def _holds_quantities(path: str) -> bool:
    return not QUANTITY_HOLDERS.isdisjoint(path.split("/"))


def _value(quantity: Any) -> Decimal | None:
    if isinstance(quantity, bool) or not isinstance(quantity, str | int | float):
        return None
    match = QUANTITY.match(str(quantity))
    if match is None:
        return None
    number, exponent, suffix = match.groups()
    try:
        if exponent:
            return Decimal(number + exponent)
        if suffix in BINARY:
            return Decimal(number) * Decimal(1024) ** BINARY[suffix]
        return Decimal(number).scaleb(DECIMAL.get(suffix or "", 0))
    except ArithmeticError:  # an exponent, or a row of digits, beyond what a Decimal holds
        return None
