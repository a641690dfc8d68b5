"""docs/reference/reasons.md: the table of reasons, as a page to read."""

from runai_operator.api.reason_table import ROWS
from runai_operator.api.rows import Row, RowCondition
from runai_operator.generate.markdown import table

_HEADINGS: dict[RowCondition, str] = {
    "Ready": "Ready, of a RunaiWorkload",
    "Synced": "Synced, of a RunaiWorkload",
    "Succeeded": "Succeeded, of a RunaiWorkload",
    "Connection Ready": "Ready, of a RunaiConnection",
}

_COLUMNS = ("reason", "status", "kstatus", "Argo CD", "Stalled", "retried", "what to do")

_INTRODUCTION = """\
<!-- Generated from operator/runai_operator/api, workload_reasons.py and connection_reasons.py: change those. -->
# Reasons

Every `reason` that a condition can give. *kstatus* is what `kubectl wait`, Flux and others make of the resource,
*Argo CD* its health there. *Stalled* says how long after the reason came up the condition `Stalled` stands beside it,
for nothing will happen until somebody changes something; until then the resource is InProgress and Progressing.
*Retried*: `Backoff`, soon and then less and less often; `Slow`, about once a minute; `Event`, when something that the
operator watches changes.
"""


def reasons_page() -> dict[str, str]:
    """The page, by the name of its file."""
    return {"reasons.md": "\n".join([_INTRODUCTION, *(_section(each, title) for each, title in _HEADINGS.items())])}


def _section(condition: RowCondition, title: str) -> str:
    return f"## {title}\n\n{table(_COLUMNS, (_cells(row) for row in ROWS if row.condition == condition))}"


def _cells(row: Row) -> tuple[str, ...]:
    stalled = (
        "never" if row.stalled_after is None else "at once" if not row.stalled_after else f"{row.stalled_after:g} s"
    )
    return row.reason, row.status, row.kstatus, row.argo, stalled, row.retry, row.advice
