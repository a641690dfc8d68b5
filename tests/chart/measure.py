"""`python -m tests.chart.measure`: what operator and simulator take, idle, and with 500 and 2000 resources (minutes).

Other numbers may be given. The chart's resources are chosen by it. Both run as processes of this machine, against a
control plane under test; Linux alone tells what they take.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.control_plane.processes import Process, wait_until
from tests.demo.stage import EXAMPLES, Stage

RESOURCES = (500, 2000)
WATCHED = 60.0
"""Seconds over which the CPU time of what is at rest is taken."""
PATIENCE = 600.0
TICKS = os.sysconf("SC_CLK_TCK")


def main(counts: Sequence[int]) -> None:
    """Settings are the default ones: this is about what it costs in a cluster."""
    with (
        tempfile.TemporaryDirectory(prefix="measured-") as folder,
        Stage(Path(folder), times={"running": None}) as stage,
    ):
        stage.connect()
        print(f"{'':36} {'CPU':>8} {'memory':>10} {'requests to Run:ai':>20}")
        observe(stage, "idle")
        there = 0
        for count in counts:
            began, spent = time.monotonic(), cpu_seconds(stage.operator)
            stage.control.reset_requests()
            submit(stage, range(there, count))
            took, cost = time.monotonic() - began, cpu_seconds(stage.operator) - spent
            asked = f"{requests(stage) / (count - there):.1f} each"
            told(f"operator, {count - there} submitted in {took:.0f} s", cost / took, stage.operator, asked)
            observe(stage, f"{count} at rest")
            there = count


def observe(stage: Stage, what: str) -> None:
    """Prints what each takes over a while in which nothing is asked of them."""
    processes = {"operator": stage.operator, "simulator": stage.simulator}
    stage.control.reset_requests()
    before = {name: cpu_seconds(process) for name, process in processes.items()}
    time.sleep(WATCHED)
    asked = {"operator": f"{requests(stage) * 60 / WATCHED:.0f} a minute"}
    for name, process in processes.items():
        told(f"{name}, {what}", (cpu_seconds(process) - before[name]) / WATCHED, process, asked.get(name, ""))


def submit(stage: Stage, numbers: range) -> None:
    """Applies resources of these numbers, and returns once all that there are are Ready."""
    namespace = yaml.safe_load((EXAMPLES / "00-namespace.yaml").read_text())
    shortest = yaml.safe_load((EXAMPLES / "50-deployment.yaml").read_text())
    many = [
        {**shortest, "metadata": {"name": f"w-{number}", "namespace": namespace["metadata"]["name"]}}
        for number in numbers
    ]
    stage.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump_all([namespace, *many]), timeout=PATIENCE)
    wait_until(lambda: ready(stage) == numbers.stop, PATIENCE, lambda: f"{ready(stage)} of {numbers.stop} are Ready")


def ready(stage: Stage) -> int:
    """How many resources are."""
    conditions = [each.get("status", {}).get("conditions", ()) for each in stage.workloads()]
    return sum(any((one["type"], one["status"]) == ("Ready", "True") for one in several) for several in conditions)


def requests(stage: Stage) -> int:
    """How many Run:ai was asked since it was last told to forget them."""
    return int(stage.control.requests()["total"])


def told(what: str, cores: float, process: Process, asked: str) -> None:
    print(f"{what:36} {cores * 1000:6.0f} m {peak_memory(process):7.0f} Mi {asked:>20}", flush=True)


def cpu_seconds(process: Process) -> float:
    """CPU time that it has taken so far, user and system (proc(5), stat)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_memory(process: Process) -> float:
    """The most resident memory that it has had so far, in MiB (proc(5), VmHWM)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or RESOURCES)
