"""The demo itself: apply the examples, watch them go, and say where they went."""

import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.live import Live

from tests.demo.expectations import amiss
from tests.demo.stage import EXAMPLES, Stage, read
from tests.demo.table import Row, row_of, table
from tests.demo.words import going_on, refusal

TIMES = {"queued": 1.5, "applying": 1.5, "pending": 2.5, "running": 90.0}
"""Of the simulator, in seconds: slow enough to watch, and nothing completes before the first table is final."""
SETTLED_WITHIN = 120.0
LOOK_EVERY = 0.4
TITLE = "RunaiWorkloads"


class NotThere(Exception):
    """Some examples did not get where they should be; the text says which, and what each lacks."""


def names() -> frozenset[str]:
    """The names of the workloads in examples/."""
    documents = (document for path in EXAMPLES.glob("*.yaml") for document in read(path))
    return frozenset(each["metadata"]["name"] for each in documents if each["kind"] == "RunaiWorkload")


def perform(stage: Stage, console: Console, *, within: float = SETTLED_WITHIN) -> list[dict[str, Any]]:
    """Until all examples are where they should be; what is told of them then. Raises NotThere after that time (s)."""
    console.print("applying examples/connection and examples/", highlight=False)
    stage.connect()
    stage.apply(EXAMPLES)
    shown = _live if console.is_terminal else _plainly
    found = shown(stage, console, _Deadline(within))
    console.print()
    if not console.is_terminal:
        console.print(table(rows_of(found), title=TITLE))
    console.print(refusal(found), highlight=False, markup=False, soft_wrap=True)
    console.print()
    console.print(
        going_on(stage.kubeconfig, stage.control_plane.kubectl, stays=console.is_terminal),
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    return found


def stay(stage: Stage, console: Console) -> None:
    """Keep the table alive until Ctrl-C."""
    console.print("\nCtrl-C ends it, and stops all that was started.\n")
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        while True:
            stage.check()
            live.update(table(rows_of(stage.workloads()), title=TITLE), refresh=True)
            time.sleep(1)


class _Deadline:
    def __init__(self, within: float) -> None:
        self._end = time.monotonic() + within

    def check(self, lacks: dict[str, str]) -> None:
        if time.monotonic() > self._end:
            raise NotThere("\n".join(f"{name} {lack}" for name, lack in lacks.items()))


def _live(stage: Stage, console: Console, deadline: _Deadline) -> list[dict[str, Any]]:
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        return _watched(stage, deadline, lambda rows: live.update(table(rows, title=TITLE), refresh=True))


def _plainly(stage: Stage, console: Console, deadline: _Deadline) -> list[dict[str, Any]]:
    told: dict[str, str] = {}

    def tell(rows: list[Row]) -> None:
        for row in rows:
            if told.get(row.name) != row.line():
                told[row.name] = row.line()
                console.print(row.line(), highlight=False, markup=False, soft_wrap=True)

    return _watched(stage, deadline, tell)


def _watched(stage: Stage, deadline: _Deadline, tell: Callable[[list[Row]], None]) -> list[dict[str, Any]]:
    expected = names()
    while True:
        stage.check()
        found = stage.workloads()
        tell(rows_of(found))
        lacks = amiss(found, expected)
        if not lacks:
            return found
        deadline.check(lacks)
        time.sleep(LOOK_EVERY)


def rows_of(resources: list[dict[str, Any]]) -> list[Row]:
    """In the order in which they were applied."""
    return [row_of(resource) for resource in sorted(resources, key=_order)]


def _order(resource: dict[str, Any]) -> tuple[str, str]:
    return resource["metadata"]["creationTimestamp"], resource["metadata"]["name"]
