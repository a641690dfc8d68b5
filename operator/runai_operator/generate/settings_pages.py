"""docs/reference/settings.md and metrics.md: what the operator takes, and what it counts."""

from collections.abc import Iterator
from typing import Any

import typer.main

from runai_operator.cli.app import app
from runai_operator.generate.markdown import plain, table
from runai_operator.settings import Settings
from runai_operator.telemetry import Metrics
from runai_operator.telemetry.metrics import LABELS, Family

_SETTINGS = """\
<!-- Generated from operator/runai_operator/settings.py: change that. -->
# Settings

How one operator process runs: `runai-operator run --help` says the same. Each setting is a flag or an environment
variable, and the flag wins. Times are in seconds. What concerns one Run:ai control plane, such as its address, its
limits and how often it is read, is no setting but stands in its [RunaiConnection](runaiconnection.md).

"""

_METRICS = """\
<!-- Generated from operator/runai_operator/telemetry/metrics.py: change that. -->
# Metrics

What the operator serves at `/metrics`, on the port of its probes. No label has a value for each workload or namespace:
how many series there are does not grow with the fleet. One that stands by serves them too; there
`runai_operator_leading` is 0.

"""

_BESIDE = """\
Beside these there are the usual ones of the Prometheus client for Python, about the process: `process_*` (CPU, memory,
file descriptors), `python_gc_*` and `python_info`.
"""


def settings_pages() -> dict[str, str]:
    """The pages, by the names of their files."""
    return {"settings.md": settings(), "metrics.md": metrics()}


def settings() -> str:
    rows = ((_flags(option), f"`{option.envvar}`", _default(option.name), plain(option.help)) for option in _options())
    return _SETTINGS + table(("flag", "environment", "default", "meaning"), rows)


def metrics() -> str:
    families = Metrics().families
    rows = ((f"`{each.name}`", each.kind, _labels(each), plain(each.text)) for each in families)
    meanings = ((f"`{name}`", plain(text)) for name, text in LABELS.items())
    told = table(("metric", "type", "labels", "what it counts"), rows)
    return f"{_METRICS}{told}\n## Labels\n\n{table(('label', 'value'), meanings)}\n{_BESIDE}"


def _options() -> Iterator[Any]:
    """The options of `run`, which are those that have a setting."""
    command: Any = typer.main.get_command(app)
    return (option for option in command.commands["run"].params if option.name in Settings.model_fields)


def _flags(option: Any) -> str:
    return ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))


def _default(name: str) -> str:
    """Empty where the meaning tells it: what it comes from is only known where the operator runs."""
    field = Settings.model_fields[name]
    if field.default_factory is not None or field.default in (None, ()):
        return ""
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"


def _labels(family: Family) -> str:
    return ", ".join(f"`{label}`" for label in family.labels)
