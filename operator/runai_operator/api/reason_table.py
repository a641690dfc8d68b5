"""One row for each reason of a condition: what it means to kubectl, Argo CD, and the person who reads it.

The table is the only source: conditions, kstatus, Argo CD health, retries and docs/reference/reasons.md follow it.
"""

from runai_operator.api.connection_reasons import CONNECTION_READY
from runai_operator.api.rows import Row
from runai_operator.api.workload_reasons import READY, SUCCEEDED, SYNCED

ROWS: tuple[Row, ...] = (*READY, *SYNCED, *SUCCEEDED, *CONNECTION_READY)

TABLE = {(row.condition, row.reason): row for row in ROWS}
"""The rows by condition and reason."""
