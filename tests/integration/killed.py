"""`runai-operator run` in a process that kills itself at one await: the product knows nothing of it.

`KILL_AT=resource:Class.method:n:moment` is SIGKILL just `before` or just `after` the n-th call of that method while
this resource is reconciled.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog

from runai_operator.cli.process import run
from runai_operator.kube.api import KubernetesApi
from runai_operator.runai.client import RunaiClient
from runai_operator.settings import Settings

CLASSES = {each.__name__: each for each in (KubernetesApi, RunaiClient)}


def armed(method: Callable[..., Any], resource: str, nth: int, moment: str) -> Callable[..., Any]:
    calls = 0

    @wraps(method)
    async def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        mine = structlog.contextvars.get_contextvars().get("resource", "").rpartition("/")[2] == resource
        calls += mine
        if mine and calls == nth and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await method(*args, **kwargs)
        if mine and calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return dying


def main() -> None:
    resource, where, nth, moment = os.environ.pop("KILL_AT").split(":")
    owner, _, name = where.partition(".")
    setattr(CLASSES[owner], name, armed(getattr(CLASSES[owner], name), resource, int(nth), moment))
    asyncio.run(run(Settings()))


if __name__ == "__main__":
    main()
