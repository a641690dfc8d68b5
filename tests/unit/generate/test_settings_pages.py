"""The pages about settings and metrics tell every one of them."""

import pytest
from prometheus_client.metrics_core import Metric

from runai_operator.generate.settings_pages import metrics, settings
from runai_operator.settings import Settings
from runai_operator.telemetry import Metrics
from runai_operator.telemetry.metrics import LABELS, PREFIX


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_told_with_its_flag_and_variable(field: str) -> None:
    flag, variable = f"`--{field.replace('_', '-')}`", f"`RUNAI_OPERATOR_{field.upper()}`"
    (line,) = (line for line in settings().splitlines() if variable in line)
    assert flag in line


def test_a_default_is_told_where_it_is_known_beforehand() -> None:
    lines = {line.split("`")[1]: line for line in settings().splitlines() if line.startswith("| `")}
    assert "| `120` |" in lines["--settle-margin"]
    assert "| `true` |" in lines["--leader-elect"]
    assert "|  | What tells this cluster from others" in lines["--cluster-id"]
    assert "|  | The operator's own namespace" in lines["--namespace"]


def _ours() -> list[Metric]:
    return [each for each in Metrics().registry.collect() if each.name.startswith(PREFIX)]


@pytest.mark.parametrize("family", _ours(), ids=lambda family: family.name)
def test_every_metric_that_is_served_is_told(family: Metric) -> None:
    name = {"counter": f"{family.name}_total", "info": f"{family.name}_info"}.get(family.type, family.name)
    kind = "gauge" if family.type == "info" else family.type
    (line,) = (line for line in metrics().splitlines() if f"| `{name}` |" in line)
    assert f"| {kind} |" in line
    assert line.endswith(f"| {family.documentation} |")


def test_every_label_is_explained_and_no_other() -> None:
    assert {label for family in Metrics().families for label in family.labels} == LABELS.keys()
