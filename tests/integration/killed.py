"""`runai-operator run` in a process that dies while resources are at their awaits: the product knows nothing of it.

In the folder HELD_IN, `hold.json` says {"held": {resource: n}}: where it is held, which is once its n-th await of a
port has its answer (0: before it asks for its first). What is held goes no further, so it leaves behind what a kill
there leaves; and between this await and the next nothing happens that anybody else could see. With all of them held
the process kills itself, but not before each of "after", {resource: await}, had an answer there. It counts, and adds a
line {resource, await, held} to `awaits.jsonl`, from when `hold.json` is there.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any

import structlog

from runai_operator.cli.process import run
from runai_operator.kube.api import KubernetesApi
from runai_operator.runai.client import RunaiClient
from runai_operator.settings import Settings

PORTS = (KubernetesApi, RunaiClient)
inside: ContextVar[bool] = ContextVar("inside", default=False)
"""Whether a port is asked by a port: that is one await."""


class Holds:
    """Which resources are held where, and how far each has got."""

    def __init__(self, folder: Path) -> None:
        self._orders = folder / "hold.json"
        self._awaits = (folder / "awaits.jsonl").open("a", buffering=1)
        self._where: dict[str, int] | None = None
        self._after: dict[str, str] = {}
        self._answered: Counter[str] = Counter()
        self._held: set[str] = set()

    async def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Asks; holds the resource that this is asked for, if it is to be held here."""
        resource = structlog.contextvars.get_contextvars().get("resource", "").rpartition("/")[2]
        if not self._counts() or not resource or inside.get():
            return await call()
        if self._is_held(resource):
            await self._hold(resource, "nothing")
        token = inside.set(True)
        try:
            return await call()
        finally:
            inside.reset(token)
            self._answered[resource] += 1
            if self._is_held(resource):
                await self._hold(resource, name)
            self._tell(resource, name, held=False)
            if self._after.get(resource) == name:
                del self._after[resource]
                self._die_if_due()

    def _counts(self) -> bool:
        if self._where is None and self._orders.exists():
            orders = json.loads(self._orders.read_text())
            self._where, self._after = orders["held"], orders["after"]
        return self._where is not None

    def _is_held(self, resource: str) -> bool:
        return (self._where or {}).get(resource) == self._answered[resource]

    async def _hold(self, resource: str, name: str) -> None:
        self._tell(resource, name, held=True)
        self._held.add(resource)
        self._die_if_due()
        await asyncio.Event().wait()

    def _die_if_due(self) -> None:
        if self._held == (self._where or {}).keys() and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)

    def _tell(self, resource: str, name: str, *, held: bool) -> None:
        self._awaits.write(json.dumps({"resource": resource, "await": name, "held": held}) + "\n")


def observed(method: Callable[..., Any], name: str, holds: Holds) -> Callable[..., Any]:
    @wraps(method)
    async def asked(*args: Any, **kwargs: Any) -> Any:
        return await holds.around(name, lambda: method(*args, **kwargs))

    return asked


def main() -> None:
    holds = Holds(Path(os.environ.pop("HELD_IN")))
    for port in PORTS:
        for name, method in inspect.getmembers(port, inspect.iscoroutinefunction):
            if not name.startswith("_"):
                setattr(port, name, observed(method, f"{port.__name__}.{name}", holds))
    asyncio.run(run(Settings()))


if __name__ == "__main__":
    main()
