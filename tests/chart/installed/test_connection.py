"""`connect`: the RunaiConnection that the release's Pods make of its values, and those that others made."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.installed.cluster import VALUES, connect, connect_by, connection, install
from tests.chart.render import NAMESPACE, RELEASE
from tests.control_plane import ControlPlane, Helm, Kubectl
from tests.integration.roles import kubeconfig_of


@pytest.mark.usefixtures("release")
def test_its_pods_make_the_connection_that_the_values_name(
    control_plane: ControlPlane,
    kubectl: Kubectl,
    tmp_path: Path,
) -> None:
    done = connect(control_plane, kubectl, tmp_path)
    assert (done.returncode, done.stdout) == (0, f"the RunaiConnection default is as {tmp_path}/connection.yaml says\n")
    made = kubectl.json("get", "rcon", "default")
    assert made["spec"]["url"] == VALUES["connection"]["url"]
    assert made["spec"]["limits"] == {"maxConcurrent": 7, "requestsPerSecond": 50}

    # With the second apply the API server stores its defaults, too, which it had only shown: that is no change.
    second, third = (seen_after_connecting(control_plane, kubectl, tmp_path) for _ in range(2))
    assert (second["metadata"]["generation"], second["spec"]) == (made["metadata"]["generation"], made["spec"])
    assert third["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"], "the next Pod changed it"


def seen_after_connecting(control_plane: ControlPlane, kubectl: Kubectl, folder: Path) -> dict[str, Any]:
    """The connection, once another Pod has started."""
    assert connect(control_plane, kubectl, folder).returncode == 0
    found: dict[str, Any] = kubectl.json("get", "rcon", "default")
    return found


@pytest.mark.usefixtures("release")
def test_a_connection_that_cannot_be_changed_so_is_told(
    helm: Helm, control_plane: ControlPlane, kubectl: Kubectl, tmp_path: Path
) -> None:
    assert connect(control_plane, kubectl, tmp_path).returncode == 0
    install(helm, {"connection": {"url": "https://another.run.ai"}})
    done = connect(control_plane, kubectl, tmp_path)
    assert done.returncode == 1
    assert "spec.url is immutable" in done.stderr

    helm("rollback", RELEASE, namespace=NAMESPACE)
    assert connect(control_plane, kubectl, tmp_path).returncode == 0, "the connection was not taken back with the rest"


@pytest.mark.usefixtures("release")
def test_its_account_may_write_no_other_connection(
    control_plane: ControlPlane,
    kubectl: Kubectl,
    tmp_path: Path,
) -> None:
    other = yaml.safe_load(connection(kubectl))
    other["metadata"]["name"] = "other"
    kubeconfig = kubeconfig_of(kubectl, control_plane, RELEASE, NAMESPACE, tmp_path)
    done = connect_by(kubeconfig, yaml.safe_dump(other), tmp_path)
    assert done.returncode == 1
    assert "the RunaiConnection other may not be written: give the operator's role get, create" in done.stderr


@pytest.mark.usefixtures("release")
def test_what_others_changed_on_it_is_taken_back_and_said(
    control_plane: ControlPlane, kubectl: Kubectl, tmp_path: Path
) -> None:
    assert connect(control_plane, kubectl, tmp_path).returncode == 0
    patch = '{"spec": {"limits": {"maxConcurrent": 3}}}'
    kubectl("patch", "rcon", "default", "--type=merge", "--field-manager=somebody", "-p", patch)
    done = connect(control_plane, kubectl, tmp_path)
    assert done.returncode == 0
    assert 'conflict with "somebody"' in done.stdout
    assert ".spec.limits.maxConcurrent" in done.stdout
    assert kubectl.json("get", "rcon", "default")["spec"]["limits"]["maxConcurrent"] == 7


@pytest.mark.parametrize(
    ("otherwise", "told"),
    [
        ({"access": [{"namespaceSelector": {"matchLabels": {"a": "b"}}, "projects": {"names": ["a"]}}]}, "conflict"),
        ({"access": None}, "would be added"),
    ],
    ids=["other access", "no access"],
)
@pytest.mark.usefixtures("release")
def test_one_that_somebody_else_made_is_left_as_it_is(
    control_plane: ControlPlane,
    kubectl: Kubectl,
    tmp_path: Path,
    otherwise: dict[str, Any],
    told: str,
) -> None:
    made = made_by_hand(kubectl, otherwise)
    for _ in range(2):  # the Pod is started again and again
        done = connect(control_plane, kubectl, tmp_path)
        assert done.returncode == 1
        assert "somebody else made the RunaiConnection default, and the values of the chart" in done.stderr
        assert told in done.stderr
    assert kubectl.json("get", "rcon", "default") == made


@pytest.mark.usefixtures("release")
def test_one_that_says_what_the_values_say_is_taken_over(
    helm: Helm, control_plane: ControlPlane, kubectl: Kubectl, tmp_path: Path
) -> None:
    """As it comes out of a backup."""
    made = made_by_hand(kubectl, {})
    assert connect(control_plane, kubectl, tmp_path).returncode == 0
    assert kubectl.json("get", "rcon", "default")["spec"] == made["spec"]

    install(helm, {"connection": {**VALUES["connection"], "limits": {"maxConcurrent": 8}}})
    done = connect(control_plane, kubectl, tmp_path)
    assert done.returncode == 0, done.stderr
    assert kubectl.json("get", "rcon", "default")["spec"]["limits"]["maxConcurrent"] == 8


def made_by_hand(kubectl: Kubectl, otherwise: dict[str, Any]) -> dict[str, Any]:
    """The connection of the values, but for these fields of its spec (None: left out), as a person makes it."""
    body = yaml.safe_load(connection(kubectl))
    spec = {key: value for key, value in {**body["spec"], **otherwise}.items() if value is not None}
    kubectl("create", "-f", "-", input={**body, "spec": spec})
    made: dict[str, Any] = kubectl.json("get", "rcon", "default")
    return made
