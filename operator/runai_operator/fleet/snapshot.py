"""The rows of a fleet as they were last listed, and what a new reading changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from runai_operator.runai.models import Workload

MOST_ROWS = 200_000
"""More are not kept: a server that lists other ids each time must not fill the memory. Without its row, a workload is
read by id."""


class Snapshot:
    """Rows by workload id. Readings never go back in time: a row older than what is known counts for nothing.

    `touched` are the ids that were read or written since the last sweep began.
    """

    def __init__(self) -> None:
        self._rows: dict[str, Workload] = {}
        self.touched: set[str] = set()
        self.watermark: datetime | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, workload_id: str) -> Workload | None:
        return self._rows.get(workload_id)

    def begin_sweep(self) -> None:
        """From here on, what is learned beside the sweep is not missing from it."""
        self.touched = set()

    def learn(self, rows: Iterable[Workload]) -> set[str]:
        """Takes rows in; the ids of those that say something new."""
        return {row.id for row in rows if self._take(row)}

    def end_sweep(self, seen: set[str]) -> set[str]:
        """Drops what the sweep did not show, and returns it: a hint that it is gone, no more."""
        missing = self._rows.keys() - seen - self.touched
        for workload_id in missing:
            del self._rows[workload_id]
        return missing

    def forget(self, workload_id: str) -> None:
        """What was listed says nothing any more."""
        self._rows.pop(workload_id, None)
        self.touched.add(workload_id)

    def phases(self) -> dict[str, int]:
        """How many workloads are in each phase."""
        return dict(Counter(row.phase or "Unknown" for row in self._rows.values()))

    def _take(self, row: Workload) -> bool:
        self.touched.add(row.id)
        if row.phase_updated_at is not None:
            self.watermark = max(self.watermark or row.phase_updated_at, row.phase_updated_at)
        known = self._rows.get(row.id)
        if (known is None and len(self._rows) >= MOST_ROWS) or (known is not None and _is_older(row, known)):
            return False
        self._rows[row.id] = row
        return known != row and (known is None or _told(known) != _told(row))


def _told(row: Workload) -> Mapping[str, object]:
    """What the list tells of a workload: one that was read by id tells more, which is no news."""
    return {field: value for field, value in row.__dict__.items() if field in Workload.model_fields}


def _is_older(row: Workload, known: Workload) -> bool:
    """By updatedAt, and where that is the same by phaseUpdatedAt: not every server moves the one with the other."""
    pairs = ((row.updated_at, known.updated_at), (row.phase_updated_at, known.phase_updated_at))
    moved = next(((ours, theirs) for ours, theirs in pairs if ours and theirs and ours != theirs), None)
    return moved is not None and moved[0] < moved[1]
