"""Where each of the examples should end, and what is still amiss."""

from collections.abc import Iterable
from typing import Any

from tests.demo.table import Row, condition, row_of

REFUSED = "too-urgent"
FINISHING = frozenset({"Job", "PyTorchJob"})
WITH_ENDPOINT = frozenset({"Deployment"})


def amiss(resources: Iterable[dict[str, Any]], expected: frozenset[str]) -> dict[str, str]:
    """By name, what each workload still lacks; empty once all are where they should be."""
    found = {resource["metadata"]["name"]: resource for resource in resources}
    lacks = {name: _lack(found.get(name)) for name in sorted(expected)}
    return {name: lack for name, lack in lacks.items() if lack}


def _lack(resource: dict[str, Any] | None) -> str:
    if resource is None:
        return "is not there"
    if condition(resource, "Ready").get("observedGeneration") != resource["metadata"]["generation"]:
        return "has not been looked at"
    row = row_of(resource)
    return _lack_of_refused(row) if row.name == REFUSED else _lack_of_accepted(row)


def _lack_of_refused(row: Row) -> str:
    there = (row.ready, row.reason) == ("False", "Rejected")
    return "" if there else f"should be Rejected, and is {row.reason or 'untold'}"


def _lack_of_accepted(row: Row) -> str:
    wanted = ("Running", "Completed") if row.kind in FINISHING else ("Running",)
    if row.ready != "True" or row.phase not in wanted:
        return f"should be {' or '.join(wanted)}, and is {row.phase or row.reason or 'untold'}"
    return "has no endpoint" if row.kind in WITH_ENDPOINT and not row.url else ""
