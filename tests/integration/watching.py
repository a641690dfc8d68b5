"""Every version that a resource ever had, also those that the next one overwrote at once."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType
from typing import Any, Self

from tests.control_plane import Kubectl


class Watching(AbstractContextManager["Watching"]):
    """A watch of all that is below a path of the API server, from a resourceVersion on.

    It is begun before what it is to see: asked for the past, the API server answers that it is gone, and on a busy one
    a minute is past.
    """

    def __init__(self, kubectl: Kubectl, path: str, since: str, folder: Path) -> None:
        _, name = mkstemp(".watched", dir=folder)
        self._seen = Path(name)
        self._process = kubectl.start("get", "--raw", f"{path}?watch=1&resourceVersion={since}", output=self._seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def versions(self, name: str) -> list[dict[str, Any]]:
        """Those of one resource that were seen by now, oldest first. AssertionError where the watch broke off."""
        *whole, _ = self._seen.read_text().split("\n")
        events = [json.loads(line) for line in whole]
        assert self._process.poll() is None, "the watch ended, and what was after it is unseen"
        assert "ERROR" not in {each["type"] for each in events}, events[-1]
        return [each["object"] for each in events if each["object"]["metadata"]["name"] == name]
