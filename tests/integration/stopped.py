"""`runai-operator run` in a process that stops itself (SIGSTOP) right before its first create goes to the client.

So it has decided what to write, and has yet to ask whether it may: what a process is at that a scheduler or a
hypervisor lets wait, at the worst moment.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from runai_operator.cli.process import run
from runai_operator.runai.client import RunaiClient
from runai_operator.settings import Settings

create = RunaiClient.create


async def stopping_first(client: RunaiClient, workload: Any, **options: Any) -> Any:
    RunaiClient.create = create  # type: ignore[method-assign]
    os.kill(os.getpid(), signal.SIGSTOP)
    return await client.create(workload, **options)


if __name__ == "__main__":
    RunaiClient.create = stopping_first  # type: ignore[method-assign,assignment]
    asyncio.run(run(Settings()))
