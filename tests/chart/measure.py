"""`python -m tests.chart.measure`: what the operator and the simulator take, idle and with 500 resources (minutes).

The chart's resources are chosen by it. Both run as processes of this machine, against a control plane under test;
Linux alone tells what they take.
"""

import os
import tempfile
import time
from pathlib import Path

import yaml

from tests.control_plane.processes import Process, wait_until
from tests.demo.stage import EXAMPLES, Stage

RESOURCES = 500
WATCHED = 60.0
"""Seconds over which the CPU time of what is at rest is taken."""
PATIENCE = 600.0
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Settings are the default ones: this is about what it costs in a cluster."""
    with (
        tempfile.TemporaryDirectory(prefix="measured-") as folder,
        Stage(Path(folder), times={"running": None}) as stage,
    ):
        stage.connect()
        print(f"{'':32} {'CPU':>8} {'memory':>10}")
        observe(stage, "idle")
        began, spent = time.monotonic(), cpu_seconds(stage.operator)
        submit(stage)
        took, cost = time.monotonic() - began, cpu_seconds(stage.operator) - spent
        told(f"operator, {RESOURCES} submitted in {took:.0f} s", cost / took, stage.operator)
        observe(stage, f"{RESOURCES} at rest")


def observe(stage: Stage, what: str) -> None:
    """Prints what each takes over a while in which nothing is asked of them."""
    processes = {"operator": stage.operator, "simulator": stage.simulator}
    before = {name: cpu_seconds(process) for name, process in processes.items()}
    time.sleep(WATCHED)
    for name, process in processes.items():
        told(f"{name}, {what}", (cpu_seconds(process) - before[name]) / WATCHED, process)


def submit(stage: Stage) -> None:
    """Applies the resources, and returns once all of them are Ready."""
    namespace = yaml.safe_load((EXAMPLES / "00-namespace.yaml").read_text())
    shortest = yaml.safe_load((EXAMPLES / "50-deployment.yaml").read_text())
    many = [
        {**shortest, "metadata": {"name": f"w-{number}", "namespace": namespace["metadata"]["name"]}}
        for number in range(RESOURCES)
    ]
    stage.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump_all([namespace, *many]), timeout=PATIENCE)
    wait_until(lambda: ready(stage) == RESOURCES, PATIENCE, lambda: f"{ready(stage)} of {RESOURCES} are Ready")


def ready(stage: Stage) -> int:
    """How many resources are."""
    conditions = [each.get("status", {}).get("conditions", ()) for each in stage.workloads()]
    return sum(any((one["type"], one["status"]) == ("Ready", "True") for one in several) for several in conditions)


def told(what: str, cores: float, process: Process) -> None:
    print(f"{what:32} {cores * 1000:6.0f} m {peak_memory(process):7.0f} Mi", flush=True)


def cpu_seconds(process: Process) -> float:
    """CPU time that it has taken so far, user and system (proc(5), stat)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_memory(process: Process) -> float:
    """The most resident memory that it has had so far, in MiB (proc(5), VmHWM)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    main()
