"""What tests share. Nothing of it starts before a test asks for it."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from tests.control_plane import ControlPlane, Helm, Kubectl, KubectlFailed, helm_program
from tests.control_plane.binaries import prepare
from tests.control_plane.processes import wait_until

REPOSITORY = Path(__file__).parent.parent
HELMS = {"helm3": 3, "helm": 4}
"""The fixtures that need a Helm, and which."""
# How long an example takes says how busy the machine is: other tests run beside it.
settings.register_profile("beside others", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("beside others")


def pytest_configure() -> None:
    """What a shell starts in the background ignores SIGINT, and so would all that the tests start, and interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Of `-n auto`: two for each core, since most tests wait; but for 400 MB of memory that each one's plane takes."""
    told = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(told) if told else min(8, 2 * (os.cpu_count() or 1))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what is missing here, in the open: within a test it would be silent, and run into the test's timeout."""
    if session.config.option.collectonly:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    say = reporter.write_line if reporter else print
    wanted = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if "control_plane" in wanted:
        prepare(say)
    for name, major in HELMS.items():
        if name in wanted:
            helm_program(major, say)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One API server for the whole run, with its audit log; its logs stay in pytest's temporary folder."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane"), audit=True) as plane:
        yield plane
    shutil.rmtree(plane.folder / "etcd")


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm 4, without a cluster."""
    return Helm(helm_program(HELMS["helm"]), tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def helm3(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm 3, without a cluster."""
    return Helm(helm_program(HELMS["helm3"]), tmp_path_factory.mktemp("helm3"))


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    """kubectl as the administrator of the control plane: `kubectl("apply", "-f", "-", input=..., namespace=...)`."""
    return Kubectl(control_plane.kubectl, control_plane.kubeconfig)


@pytest.fixture(scope="session")
def crds(kubectl: Kubectl) -> list[str]:
    """Our custom resource definitions, served and explained; their names, as "runaiworkloads.runai-operator.io"."""
    applied = kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds"), "-o", "name").split()
    kubectl("wait", "--for=condition=Established", "--timeout=30s", *applied)
    names = [name.partition("/")[2] for name in applied]
    # The schema that explain and client-side validation read is published a little later than the resource itself.
    wait_until(lambda: all(_is_explained(kubectl, name) for name in names), 30, lambda: f"no schema of {names}")
    return names


def _is_explained(kubectl: Kubectl, name: str) -> bool:
    try:
        return bool(kubectl("explain", name))
    except KubectlFailed:
        return False


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """A namespace of this test alone, that belongs to the Run:ai project team-a; deleted afterwards without waiting."""
    name = f"test-{uuid4().hex[:12]}"
    labels = {"runai/queue": "team-a"}
    kubectl(
        "create",
        "-f",
        "-",
        input={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}},
    )
    yield name
    kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
