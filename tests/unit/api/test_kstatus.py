import pytest

from tests.unit.api.kstatus import kstatus


def conditions(**status_of: str) -> list[dict[str, str]]:
    return [{"type": kind, "status": status} for kind, status in status_of.items()]


@pytest.mark.parametrize(
    ("metadata", "status", "expected"),
    [
        pytest.param({}, {}, "Current", id="nothing known is current"),
        pytest.param({"deletionTimestamp": "2026-11-21T14:00:00Z"}, {}, "Terminating", id="deletion outranks all"),
        pytest.param({"generation": 2}, {"observedGeneration": 1}, "InProgress", id="an older generation"),
        pytest.param({"generation": 1}, {"observedGeneration": -1}, "InProgress", id="the default of our CRDs"),
        pytest.param(
            {"generation": 1}, {"conditions": conditions(Ready="True")}, "Current", id="no observedGeneration"
        ),
        pytest.param({}, {"conditions": conditions(Ready="True")}, "Current", id="ready"),
        pytest.param({}, {"conditions": conditions(Ready="False")}, "InProgress", id="not ready"),
        pytest.param({}, {"conditions": conditions(Ready="Unknown")}, "InProgress", id="ready unknown"),
        pytest.param({}, {"conditions": conditions(Ready="True", Reconciling="True")}, "InProgress", id="reconciling"),
        pytest.param({}, {"conditions": conditions(Ready="False", Stalled="True")}, "Failed", id="stalled"),
        pytest.param({}, {"conditions": conditions(Ready="True", Stalled="False")}, "Current", id="not stalled"),
        pytest.param({}, {"conditions": conditions(Stalled="True", Reconciling="True")}, "Failed", id="first one wins"),
    ],
)
def test_kstatus_is_that_of_cli_utils(metadata, status, expected):
    assert kstatus({"metadata": metadata, "status": status}) == expected
