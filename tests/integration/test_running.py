"""Running it: probes, metrics, logs, events, stopping, and an API server that comes and goes."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from runai_operator.api.names import API_VERSION
from tests.integration.world import COMMAND, World

STOPS_WITHIN = 10.0
SECRET = "s3cret-that-nobody-may-see"
JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


def ask(world: World, path: str) -> httpx.Response:
    url = f"http://127.0.0.1:{world.operator.probe_port()}{path}"
    return httpx.get(url, trust_env=False, timeout=10)


def answers(world: World, path: str) -> bool:
    try:
        return ask(world, path).status_code == 200
    except httpx.HTTPError:
        return False


def events(world: World, name: str = "trainer") -> list[dict[str, Any]]:
    selector = f"involvedObject.kind=RunaiWorkload,involvedObject.name={name}"
    return list(world.kubectl.json("get", "events", "--field-selector", selector, namespace=world.namespace)["items"])


def metric(text: str, name: str, **labels: str) -> float:
    """The sum of the samples that carry these labels."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    lines = (line for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))
    return sum(float(line.rpartition(" ")[2]) for line in lines if all(each in line for each in wanted))


def phases(world: World) -> dict[str, float]:
    text, name = ask(world, "/metrics").text, "runai_operator_workloads"
    found = re.findall(rf'{name}{{connection="{world.connection}",phase="(\w+)"}}', text)
    return {phase: metric(text, name, connection=world.connection, phase=phase) for phase in found}


def test_probes_and_metrics_answer(world: World) -> None:
    world.submit()
    world.until_ready()
    assert ask(world, "/livez").status_code == 200
    world.until(lambda: answers(world, "/readyz"))
    text = ask(world, "/metrics").text
    assert metric(text, "runai_operator_runai_requests_total", route="POST /api/v2/workloads", status="202") == 1
    assert metric(text, "runai_operator_reconciles_total") > 0
    assert metric(text, "runai_operator_kubernetes_writes_total", what="claim") == 1
    assert metric(text, "runai_operator_connection_ready", connection=world.connection) == 1
    assert "trainer" not in text, "no label for each workload"


def test_the_metrics_count_workloads_by_phase_as_of_the_last_look_at_the_connection(world: World) -> None:
    world.submit()
    world.until_ready()
    world.kubectl("annotate", "rcon", world.connection, "example.org/look=now")
    world.until(lambda: phases(world) == {"Running": 1})


def test_a_connection_that_fails_shows_in_the_metrics(world: World) -> None:
    world.until(lambda: world.connection_condition().get("status") == "True")
    world.simulator.stop()
    world.until(lambda: world.connection_condition().get("status") == "False")
    world.until(
        lambda: metric(ask(world, "/metrics").text, "runai_operator_connection_ready", connection=world.connection) == 0
    )
    assert ask(world, "/livez").status_code == 200
    world.simulator.start()


def test_it_stops_cleanly_on_sigterm(world: World) -> None:
    world.submit()
    world.until_ready()
    began = time.monotonic()
    assert world.operator.stop() == 0
    assert time.monotonic() - began < STOPS_WITHIN
    assert "Traceback" not in world.operator.log()


def test_it_stops_in_time_while_it_still_waits_for_an_api_server(bare_world: World, tmp_path: Path) -> None:
    operator = bare_world.operator
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{silent.getsockname()[1]}"}}
        config = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "current-context": "c"}
        config |= {
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"token": "x"}}],
        }
        kubeconfig = tmp_path / "silent.json"
        kubeconfig.write_text(json.dumps(config))
        operator.start(KUBECONFIG=str(kubeconfig))
        asked, _ = silent.accept()
        with asked:
            began = time.monotonic()
            assert operator.stop() == 0
    assert time.monotonic() - began < STOPS_WITHIN
    assert "Traceback" not in operator.log()


@pytest.mark.parametrize("operation", ["create_workload_v2", "get_workloads", "grant_token_v2"])
def test_it_stops_in_time_while_runai_hangs(bare_world: World, operation: str) -> None:
    world = bare_world.with_settings(request_timeout=60, lease_duration=120)
    world.run.add_fault("latency", operation=operation, seconds=120)
    world.secret()
    world.connect()
    world.operator.start()
    world.submit()
    world.until(lambda: world.run.requests()["byOperation"].get(operation, 0) >= 1)
    began = time.monotonic()
    assert world.operator.stop() == 0
    assert time.monotonic() - began < STOPS_WITHIN
    assert "Traceback" not in world.operator.log()


def test_stopped_in_the_middle_of_a_create_it_goes_on_with_it_later(world: World) -> None:
    world.run.add_fault("latency", operation="create_workload_v2", seconds=1, when="after", count=1)
    world.submit()
    world.until(lambda: world.run.requests()["byOperation"].get("create_workload_v2", 0) == 1)
    assert world.operator.stop() == 0
    world.operator.start()
    world.until_ready()
    assert len(world.run.workloads("trainer")) == 1


def test_log_lines_are_json_with_resource_and_workload_id(world: World) -> None:
    world.submit()
    world.until_ready()
    assert world.operator.stop() == 0
    lines = world.operator.lines()
    assert len(lines) == len(world.operator.log().splitlines()), "a line that is no JSON"
    assert all({"timestamp", "level", "message"} <= line.keys() for line in lines)
    key, id_ = f"{world.namespace}/trainer", world.status()["workloadId"]
    assert any(line.get("resource") == key and line.get("workload_id") == id_ for line in lines)
    submitted = next(line for line in lines if "Submitted" in line["message"])
    assert submitted["resource"] == key
    assert id_ in submitted["message"]


def test_no_secret_and_no_token_is_told_anywhere(bare_world: World) -> None:
    world = bare_world
    world.run.settings(client_secret=SECRET)
    world.secret(clientId="demo", clientSecret=SECRET)
    world.connect()
    world.operator.start()
    world.submit()
    world.until_ready()
    world.run.settings(client_secret="another")
    world.run.revoke_tokens()
    world.until(lambda: world.connection_condition().get("reason") == "CredentialsRejected")
    told = {
        "log": world.operator.log(),
        "metrics": ask(world, "/metrics").text,
        "events": world.kubectl("get", "events", "-A", "-o", "yaml"),
        "resources": world.kubectl("get", "rwl,rcon", "-A", "-o", "yaml"),
    }
    for where, text in told.items():
        assert SECRET not in text, where
        assert not JWT.search(text), where
    assert "CredentialsRejected" in told["log"]


def test_describe_tells_the_story(world: World) -> None:
    world.submit()
    world.until_ready()
    world.submit(scheduling={"priority": "high"})
    world.until_ready()
    world.until(lambda: {"Submitted", "Running", "Updated"} <= {each["reason"] for each in events(world)})
    id_ = world.status()["workloadId"]
    described = world.kubectl("describe", "rwl", "trainer", namespace=world.namespace)
    assert re.search(rf"Normal\s+Submitted\s.*runai-operator\s+as workload {id_} to project team-a", described)
    assert re.search(r"Normal\s+Running\s", described)
    assert re.search(r"Normal\s+Updated\s", described)


def test_describe_tells_what_is_wrong_once(world: World) -> None:
    world.run.fail_sync("image policy: trainer:1 is not signed", name="trainer")
    world.submit()
    world.until_ready(reason="SyncFailed")
    world.until(lambda: [each["reason"] for each in events(world) if each["type"] == "Warning"] == ["SyncFailed"])
    described = world.kubectl("describe", "rwl", "trainer", namespace=world.namespace)
    assert re.search(r"Warning\s+SyncFailed\s.*trainer:1 is not signed", described)


def test_the_api_server_restarted_the_operator_goes_on(world: World) -> None:
    world.submit("before")
    world.until_ready("before")
    world.control_plane.restart_apiserver()
    world.submit("after")
    world.until_ready("after")
    world.submit("before", scheduling={"priority": "high"})
    world.until_ready("before")
    assert {len(world.run.workloads(name)) for name in ("before", "after")} == {1}
    assert world.operator.running
    assert ask(world, "/livez").status_code == 200


@pytest.mark.parametrize("command", ["run", "simulate"])
def test_help_is_for_newcomers(command: str) -> None:
    done = subprocess.run([COMMAND, command, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    wanted = {"run": ("KUBECONFIG", "RUNAI_OPERATOR_NAMESPACE", "--log-level"), "simulate": ("--port", "/control")}
    assert all(piece in done.stdout for piece in wanted[command]), done.stdout


def test_a_setting_that_makes_no_sense_is_refused_with_its_name() -> None:
    done = subprocess.run([COMMAND, "run", "--workers", "0"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "workers" in done.stderr


@pytest.mark.parametrize("levels", [1500, 9900])
def test_a_manifest_that_nests_deep_ends_in_a_condition_and_blinds_nobody(bare_world: World, levels: int) -> None:
    """The API server stores it; a reader of JSON that gave up on it would end the watch of all resources."""
    world = bare_world.with_settings(leader_elect=False)  # the dead one's Lease would have to expire first
    world.secret()
    world.connect()
    world.operator.start()
    spec = '{"a":' * levels + "{}" + "}" * levels
    manifest = f'{{"apiVersion":"batch/v1","kind":"Job","spec":{spec}}}'
    metadata = f'{{"name":"deep","namespace":"{world.namespace}"}}'
    text = f'"metadata":{metadata},"spec":{{"connectionRef":{{"name":"{world.connection}"}},"manifest":{manifest}}}'
    world.kubectl("create", "-f", "-", input=f'{{"apiVersion":"{API_VERSION}","kind":"RunaiWorkload",{text}}}')
    ready = "jsonpath={.status.conditions[?(@.type=='Ready')].message}"
    try:
        world.until(lambda: "100 levels" in world.kubectl("get", "rwl", "deep", "-o", ready, namespace=world.namespace))
        world.submit("after")
        world.until_ready("after")
        world.operator.kill()
        world.operator.start()
        world.submit("afterwards")
        world.until_ready("afterwards")
        assert "Traceback" not in world.operator.log()
    finally:
        world.kubectl("delete", "rwl", "deep", namespace=world.namespace)


BREAKS_ONCE = """
import asyncio, sys
from contextlib import suppress
import kopf
from runai_operator.cli import main

watching, times = kopf.operator, []

async def breaking_once(**settings):
    times.append(1)
    if len(times) == 1:
        with suppress(TimeoutError):
            await asyncio.wait_for(watching(**settings), 2)
        raise RecursionError("too deep")
    await watching(**settings)

kopf.operator = breaking_once
sys.argv = ["runai-operator", "run"]
main()
"""
"""The operator, whose first watch of the API server fails after two seconds."""


def test_a_watch_that_broke_begins_anew(bare_world: World) -> None:
    world = bare_world
    world.secret()
    world.connect()
    world.operator.start(sys.executable, "-c", BREAKS_ONCE)
    world.until(lambda: "starts anew" in world.operator.log())
    world.until(lambda: answers(world, "/readyz"))
    world.submit()
    world.until_ready()
    assert world.operator.stop() == 0
