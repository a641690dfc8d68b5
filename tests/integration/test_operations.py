"""The commands of docs/operations are run, page by page and in their order, as an administrator would."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.control_plane import ControlPlane
from tests.control_plane.processes import wait_until
from tests.demo.stage import Stage
from tests.integration.world import OperatorProcess
from tests.unit.test_readme import commands

TIMES = {"queued": 0.1, "applying": 0.1, "pending": 0.1, "running": None, "deleting": 0.1}
PATIENCE = 90.0
OPERATIONS = REPOSITORY / "docs" / "operations"
RESOURCE = "hello-gpu"
CHART = "helm is run by tests of the chart, and in a cluster with Pods by tests/e2e"
NO_PODS = "there are no Pods here: the test stops and starts the operator itself"
NOT_HERE = {
    "helm upgrade": CHART,
    "helm uninstall": CHART,
    "helm install": CHART,
    "kubectl scale deployment": NO_PODS,
    "kubectl rollout restart": NO_PODS,
}
"""Commands that are not run here, by how they begin, and why."""


class Administrator:
    """Types commands into a shell, in a folder that holds what the pages speak of."""

    def __init__(self, control_plane: ControlPlane, folder: Path) -> None:
        self._control_plane = control_plane
        self._folder = folder
        folder.mkdir(exist_ok=True)
        for name in ("crds", "examples"):
            if not (folder / name).exists():
                (folder / name).symlink_to(REPOSITORY / name)

    def type(self, command: str) -> str:
        """What the command printed; AssertionError where it fails."""
        tools = self._control_plane.kubectl.parent
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env=os.environ
            | {"KUBECONFIG": str(self._control_plane.kubeconfig), "PATH": f"{tools}:{os.environ['PATH']}"},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE * 4,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, typed: list[str]) -> None:
        """All of them but those that cannot be run here."""
        for command in typed:
            if not any(command.startswith(start) for start in NOT_HERE):
                self.type(command)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Everything, as in the demo; the connection is called default, and reads its fleet every few seconds."""
    folder = tmp_path_factory.mktemp("operations")
    with Stage(folder, times=TIMES, settings={"request_timeout": 2, "settle_margin": 2}) as stage:
        stage.connect()
        oftener = json.dumps({"spec": {"polling": {"interval": "1s", "fullInterval": "5s"}}})
        stage.kubectl("patch", "rcon", "default", "--type=merge", "-p", oftener)
        yield stage


@pytest.fixture
def admin(stage: Stage, tmp_path: Path) -> Iterator[Administrator]:
    """Where team-a has one workload, and it runs; it ends with the test, wherever that moved it."""
    admin = Administrator(stage.control_plane, tmp_path)
    admin.type("kubectl apply --server-side --force-conflicts -f examples/00-namespace.yaml")
    admin.type("kubectl apply --server-side --force-conflicts -f examples/10-shortest.yaml")
    admin.type(f"kubectl wait --for=condition=Ready --timeout=60s -n team-a rwl/{RESOURCE}")
    yield admin
    admin.type(f"kubectl delete rwl {RESOURCE} -n team-a --ignore-not-found --timeout=60s")


def the_page(name: str) -> list[str]:
    """Its commands, also of blocks that are indented."""
    return commands(re.sub(r"^ {4}", "", (OPERATIONS / name).read_text(), flags=re.MULTILINE))


def live(stage: Stage) -> dict[str, str]:
    """The ids of what is there in Run:ai, and the project of each."""
    rows = [each["row"] for each in stage.control.workloads(RESOURCE) if not each["deleted"]]
    return {row["id"]: row["projectName"] for row in rows}


def answered(stage: Stage, operation: str) -> int:
    """How often Run:ai answered it with 200 since it was last told to forget what it was asked."""
    return int(stage.control.requests()["byStatus"].get(operation, {}).get("200", 0))


def recorded(admin: Administrator) -> str:
    return admin.type(f"kubectl get rwl {RESOURCE} -n team-a -o jsonpath='{{.status.workloadId}}'")


def reason(admin: Administrator) -> str:
    path = '{.status.conditions[?(@.type=="Ready")].reason}'
    return admin.type(f"kubectl get rwl {RESOURCE} -n team-a -o jsonpath={shlex.quote(path)}")


def test_every_command_is_run_or_it_is_said_why_not() -> None:
    typed = {each for page in OPERATIONS.glob("*.md") for each in the_page(page.name)}
    assert [each for each in typed if shlex.split(each)[0] not in ("kubectl", "helm")] == []
    assert [start for start in NOT_HERE if not any(each.startswith(start) for each in typed)] == []


def test_troubleshooting(stage: Stage, admin: Administrator) -> None:
    typed = the_page("troubleshooting.md")
    admin.follow(typed[:4])
    looked = next(each for each in typed if "reconcile-at" in each)
    admin.type(looked)
    asked = admin.type(f"kubectl get rwl {RESOURCE} -n team-a -o json")
    stamp = json.loads(asked)["metadata"]["annotations"]["runai-operator.io/reconcile-at"]
    heeded = f"kubectl get rwl {RESOURCE} -n team-a -o jsonpath='{{.status.lastHandledReconcileAt}}'"
    wait_until(lambda: admin.type(heeded) == stamp, PATIENCE, lambda: admin.type(heeded))
    admin.follow(typed[4:])
    admin.type(f"kubectl delete rwl {RESOURCE} -n team-a --timeout=60s")
    assert live(stage), "release=true left the workload in Run:ai"


def test_the_table_of_all_that_are_not_well_has_reason_and_message(admin: Administrator) -> None:
    (wide,) = (each for each in the_page("troubleshooting.md") if "custom-columns" in each)
    head, *rows = admin.type(wide).splitlines()
    assert head.split() == ["NAMESPACE", "NAME", "REASON", "STALLED", "MESSAGE"]
    assert [row.split()[:4] for row in rows if RESOURCE in row] == [["team-a", RESOURCE, "Running", "<none>"]]


def test_rotating_a_secret(stage: Stage, admin: Administrator, tmp_path: Path) -> None:
    """From the start Run:ai gives a token for the new secret alone."""
    (tmp_path / "credentials.env").write_text("clientId=demo\nclientSecret=rotated\n")
    stage.control.settings(client_secret="rotated")
    stage.control.reset_requests()
    try:
        typed = the_page("secrets.md")
        admin.follow(typed)
        wait_until(lambda: answered(stage, "grant_token_v2") >= 1, PATIENCE, stage.operator.last_words)
        assert admin.type(typed[-1]) == ""
        stage.control.reset_requests()
        stage.control.revoke_tokens()
        wait_until(lambda: answered(stage, "get_workloads") > 3, PATIENCE, stage.operator.last_words)
        assert answered(stage, "grant_token_v2") == 1
        admin.type("kubectl wait --for=condition=Ready --timeout=60s rcon/default")
    finally:
        stage.control.settings(client_secret="demo-secret")
        stage.connect()


def test_sizing(admin: Administrator) -> None:
    admin.follow(the_page("sizing.md"))
    hard = admin.type("kubectl get quota runaiworkloads -n team-a -o jsonpath='{.spec.hard}'")
    assert json.loads(hard) == {"count/runaiworkloads.runai-operator.io": "500"}
    admin.type("kubectl delete quota runaiworkloads -n team-a")


def test_moving_workloads_to_another_project(stage: Stage, admin: Administrator) -> None:
    (before,) = live(stage)
    admin.follow(the_page("moving.md"))
    after = live(stage)
    assert list(after.values()) == ["team-b"]
    assert before not in after


def test_a_workload_whose_namespace_got_another_label_stays_and_can_be_deleted(
    stage: Stage, admin: Administrator
) -> None:
    before = live(stage)
    admin.type("kubectl label namespace team-a runai/queue=team-b --overwrite")
    wait_until(lambda: reason(admin) == "AccessDenied", PATIENCE, lambda: reason(admin))
    assert live(stage) == before
    admin.type(f"kubectl delete rwl {RESOURCE} -n team-a --timeout=60s")
    assert live(stage) == {}


def test_a_project_that_is_renamed_in_runai_needs_its_new_name_in_the_rules(stage: Stage, admin: Administrator) -> None:
    (before,) = live(stage)
    (project,) = (each for each in stage.control.projects() if each["name"] == "team-a")
    stage.control.rename_project(project["id"], "team-z")
    try:
        wait_until(lambda: reason(admin) == "AccessDenied", PATIENCE, lambda: reason(admin))
        admin.type("kubectl label namespace team-a runai/queue=team-z --overwrite")
        wait_until(lambda: reason(admin) == "Running", PATIENCE, lambda: reason(admin))
        assert [*live(stage)] == [before]
    finally:
        stage.control.rename_project(project["id"], "team-a")


def test_a_restore_in_a_new_cluster_finds_every_workload_and_writes_nothing(
    stage: Stage, admin: Administrator, tmp_path: Path
) -> None:
    typed = the_page("backup.md")
    restoring = next(index for index, each in enumerate(typed) if each.startswith("helm install"))
    backup, restore = typed[:restoring], typed[restoring + 1 :]
    admin.follow(backup)
    before = live(stage)
    stage.operator.stop(within=10)
    with ControlPlane(tmp_path / "new") as new:
        there = Administrator(new, tmp_path)
        there.type("kubectl apply --server-side -f crds/")
        there.type("kubectl wait --for=condition=Established --timeout=60s -f crds/")
        there.type("kubectl create namespace runai-operator")
        there.type("kubectl apply --server-side -f examples/connection/10-credentials.yaml")
        told = (tmp_path / "cluster-id").read_text()
        operator = OperatorProcess(new, tmp_path, "runai-operator", cluster_id=told, watch_namespaces="").start()
        try:
            stage.control.reset_requests()
            there.follow(restore)
            wait_until(lambda: recorded(there) in before, PATIENCE, operator.log)
            there.type(f"kubectl wait --for=condition=Ready --timeout=60s -n team-a rwl/{RESOURCE}")
            assert live(stage) == before
            assert stage.control.writes() == []
        finally:
            operator.kill()
            stage.operator.start()


def test_upgrading_without_helm_and_taking_the_crds_away_leaves_every_workload(
    stage: Stage, admin: Administrator
) -> None:
    """And those who come back, to an operator that ran all the time, find theirs."""
    before, used = live(stage), stage.kubectl.json("get", "rcon", "default")
    unused = {"metadata": {"name": "old"}, **{key: used[key] for key in ("apiVersion", "kind", "spec")}}
    stage.kubectl("apply", "--server-side", "-f", "-", input=unused)
    admin.follow(the_page("upgrade.md"))
    assert live(stage) == before
    assert "No resources" in admin.type("kubectl get crd 2>&1")
    stage.control.reset_requests()
    stage.apply(REPOSITORY / "crds")
    stage.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
    stage.kubectl("get", "rwl,rcon", "--all-namespaces")  # Established is not yet served: kubectl waits for that
    stage.connect()
    admin.type("kubectl apply --server-side -f examples/10-shortest.yaml")
    admin.type(f"kubectl wait --for=condition=Ready --timeout=60s -n team-a rwl/{RESOURCE}")
    assert recorded(admin) in before
    assert live(stage) == before
    refused = [each for each in stage.control.writes() if each["status"] == 409]
    assert stage.control.writes() == refused, "more came of it than that the name is taken"
