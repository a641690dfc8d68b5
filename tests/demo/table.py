"""The table: a row for each workload, from what its status says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

HEADINGS = ("Name", "Kind", "Project", "Sync", "Phase", "GPUs", "Ready", "Age", "URL")
COLOURS = {
    "Running": "green",
    "Completed": "green",
    "Synced": "green",
    "True": "green",
    "Pending": "yellow",
    "Queued": "yellow",
    "Applying": "yellow",
    "Creating": "yellow",
    "Failed": "red",
    "Rejected": "red",
}


@dataclass(frozen=True)
class Row:
    """What is shown of one workload; `ready` is the condition's status, `reason` its reason."""

    name: str
    kind: str
    project: str
    sync: str
    phase: str
    gpus: str
    ready: str
    reason: str
    url: str
    created: datetime

    def cells(self, now: datetime) -> tuple[str, ...]:
        age = f"{max(0, int((now - self.created).total_seconds()))}s"
        word = self.ready if self.ready == "True" else self.reason
        return (self.name, self.kind, self.project, self.sync, self.phase, self.gpus, word, age, self.url)

    def line(self) -> str:
        """The row as plain text that changes only when something happened."""
        known = (self.sync, self.phase, f"Ready={self.ready} {self.reason}".rstrip(), self.url)
        return f"{self.name:16} {self.kind:11} " + "  ".join(part for part in known if part)


def row_of(resource: dict[str, Any]) -> Row:
    status = resource.get("status") or {}
    ready = condition(resource, "Ready")
    gpus = (status.get("gpus") or {}).get("allocated")
    return Row(
        name=resource["metadata"]["name"],
        kind=resource["spec"]["manifest"]["kind"],
        project=status.get("projectName") or "",
        sync=(status.get("syncInfo") or {}).get("status") or "",
        phase=status.get("phase") or "",
        gpus="" if gpus is None else f"{gpus:g}",
        ready=ready.get("status", "Unknown"),
        reason=ready.get("reason", ""),
        url=status.get("url") or "",
        created=datetime.fromisoformat(resource["metadata"]["creationTimestamp"]),
    )


def condition(resource: dict[str, Any], kind: str) -> dict[str, Any]:
    """The condition of this type; an empty one while there is none."""
    conditions = (resource.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), {})


def table(rows: Sequence[Row], *, title: str, now: datetime | None = None) -> Table:
    drawn = Table(title=title, title_style="bold", title_justify="left")
    for heading in HEADINGS:
        drawn.add_column(heading, justify="right" if heading in ("GPUs", "Age") else "left", no_wrap=heading != "URL")
    for row in rows:
        drawn.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row.cells(now or datetime.now(UTC))))
    return drawn
