"""What real kustomize makes of our resources, with the component in deploy/kustomize."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from runai_operator.generate.pod_specs import MERGED, POD_SPECS
from tests.control_plane import ControlPlane

KUSTOMIZE = Path(__file__).parents[2] / "deploy" / "kustomize"
HASHED = re.compile(r"settings-[a-z0-9]{10}")
every_place = pytest.mark.parametrize("place", POD_SPECS)


def a_container(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "image": "trainer",
        "args": ["old"],
        "env": [
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}},
            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "b"}}},
        ],
        "envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "settings"}}],
    }


def a_pod_spec() -> dict[str, Any]:
    projected = [{"configMap": {"name": "settings"}}, {"secret": {"name": "settings"}}]
    return {
        "containers": [a_container("main"), a_container("second")],
        "initContainers": [a_container("first")],
        "imagePullSecrets": [{"name": "settings"}],
        "volumes": [
            {"name": "config", "configMap": {"name": "settings"}},
            {"name": "secret", "secret": {"secretName": "settings"}},
            {"name": "both", "projected": {"sources": projected}},
            {"name": "share", "azureFile": {"shareName": "share", "secretName": "settings"}},
            {"name": "driver", "csi": {"driver": "any", "nodePublishSecretRef": {"name": "settings"}}},
            {"name": "weights", "image": {"reference": "trainer"}},
        ],
    }


def at(place: str, value: Any) -> dict[str, Any]:
    """A manifest with the value at this place; where a list is on the way, as its only item, named `item`."""
    for step in reversed(place.split("/")):
        name, _, key = step.partition("[")
        value = {name: [{key.rstrip("]"): "item", **value}] if key else value}
    return value


def found(place: str, manifest: Any) -> Any:
    """What stands at this place."""
    for step in place.split("/"):
        name, is_list, _ = step.partition("[")
        manifest = manifest[name][0] if is_list else manifest[name]
    return manifest


def a_workload(place: str, inner: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "runai-operator.io/v1alpha1",
        "kind": "RunaiWorkload",
        "metadata": {"name": f"w{POD_SPECS.index(place)}"},
        "spec": {"manifest": {"apiVersion": "v1", "kind": "Any", **at(place, inner)}},
    }


GENERATED = {"name": "settings", "literals": ["a=1", "b=2"]}
PATCH = {"containers": [{"name": "main", "args": ["new"], "env": [{"name": "C", "value": "3"}]}]}


def write(folder: Path, kustomization: dict[str, Any], resources: list[dict[str, Any]]) -> Path:
    """A kustomization with these resources, beside the component."""
    shutil.copytree(KUSTOMIZE / "component", folder / "component")
    inner = folder / "app"
    inner.mkdir()
    (inner / "resources.yaml").write_text(yaml.safe_dump_all(resources), encoding="utf-8")
    whole = {"resources": ["resources.yaml"], "components": ["../component"], **kustomization}
    (inner / "kustomization.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    return inner


@pytest.fixture(scope="module")
def pod_specs(kustomize, tmp_path_factory):
    """By its place, the Pod spec that became of one that images, generators and patches were let loose on."""
    kustomization = {
        "images": [{"name": "trainer", "newName": "mirror/trainer", "newTag": "v2"}],
        "configMapGenerator": [GENERATED],
        "secretGenerator": [GENERATED],
        "patches": [{"patch": yaml.safe_dump(a_workload(place, PATCH))} for place in POD_SPECS],
    }
    workloads = [a_workload(place, a_pod_spec()) for place in POD_SPECS]
    built = kustomize(write(tmp_path_factory.mktemp("kustomize"), kustomization, workloads))
    by_name = {body["metadata"]["name"]: body for body in built}
    return {place: found(place, by_name[f"w{number}"]["spec"]["manifest"]) for number, place in enumerate(POD_SPECS)}


@every_place
def test_images_reach_every_container_and_volume(pod_specs, place):
    spec = pod_specs[place]
    containers = [each["image"] for each in (*spec["containers"], *spec["initContainers"])]
    assert {*containers, spec["volumes"][-1]["image"]["reference"]} == {"mirror/trainer:v2"}


@every_place
def test_names_of_generated_config_maps_and_secrets_reach_what_refers_to_them(pod_specs, place):
    text = yaml.safe_dump(pod_specs[place])
    assert len(HASHED.findall(text)) == yaml.safe_dump(a_pod_spec()).count("settings")


@every_place
def test_a_patch_changes_what_it_names_and_leaves_the_rest(pod_specs, place):
    main, second = pod_specs[place]["containers"]
    assert (main["name"], main["args"], second["args"]) == ("main", ["new"], ["old"])
    assert sorted(each["name"] for each in main["env"]) == ["A", "B", "C"]
    assert len(pod_specs[place]["volumes"]) == len(a_pod_spec()["volumes"])


TCP, UDP = {"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}
PLAIN = {"containerPort": 80}
ZONE = {"topologyKey": "zone", "maxSkew": 1}
STRICT, LENIENT = ({**ZONE, "whenUnsatisfiable": each} for each in ("DoNotSchedule", "ScheduleAnyway"))
MANIFESTS = {
    "Deployment": ("apps/v1", "spec/template/spec"),
    "PyTorchJob": ("kubeflow.org/v1", "spec/pytorchReplicaSpecs/Master/template/spec"),
}


def named(ports: Any) -> list[tuple[Any, ...]]:
    """Of container ports: number, protocol, name."""
    return sorted((each["containerPort"], each.get("protocol", ""), each.get("name", "")) for each in ports)


def a_server(constraints: list[Any], ports: list[Any]) -> dict[str, Any]:
    return {"containers": [{"name": "main", "ports": ports}], "topologySpreadConstraints": constraints}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_what_several_keys_tell_apart_stays_apart(kustomize, tmp_path, kind):
    """The protocol belongs to a port's key, and to a constraint's what happens when it cannot be met."""
    version, place = MANIFESTS[kind]

    def a_body(constraints: list[Any], ports: list[Any]) -> dict[str, Any]:
        workload = a_workload("spec", {})
        manifest = {"apiVersion": version, "kind": kind, **at(place, a_server(constraints, ports))}
        return {**workload, "spec": {"manifest": manifest}}

    patch = a_body([{**LENIENT, "maxSkew": 2}], [{**UDP, "name": "dns"}])
    inner = write(
        tmp_path,
        {"patches": [{"patch": yaml.safe_dump(patch)}]},
        [a_body([STRICT, LENIENT], [TCP, UDP, {**PLAIN, "protocol": "TCP"}])],
    )
    (workload,) = kustomize(inner)
    spec = found(place, workload["spec"]["manifest"])
    assert named(spec["containers"][0]["ports"]) == [(53, "TCP", ""), (53, "UDP", "dns"), (80, "TCP", "")]
    skews = {each["whenUnsatisfiable"]: each["maxSkew"] for each in spec["topologySpreadConstraints"]}
    assert skews == {"DoNotSchedule": 1, "ScheduleAnyway": 2}


def test_without_the_component_neither_names_nor_patches_reach(kustomize, tmp_path):
    """Or the tests above would show nothing."""
    place = "spec/template/spec"
    kustomization = {
        "components": [],
        "configMapGenerator": [GENERATED],
        "patches": [{"patch": yaml.safe_dump(a_workload(place, PATCH))}],
    }
    built = kustomize(write(tmp_path, kustomization, [a_workload(place, a_pod_spec())]))
    (workload,) = (body for body in built if body["kind"] == "RunaiWorkload")
    spec = found(place, workload["spec"]["manifest"])
    assert [each["name"] for each in spec["containers"]] == ["main"]
    assert not HASHED.search(yaml.safe_dump(spec))


def merged_by_the_api_server(control_plane: ControlPlane, definition: str) -> dict[str, tuple[str, ...]]:
    """The lists that a strategic merge patch merges, and the keys of their items."""
    fields = control_plane.read("/openapi/v2")["definitions"][f"io.k8s.api.core.v1.{definition}"]["properties"]
    return {
        name: tuple(field["x-kubernetes-list-map-keys"])
        for name, field in fields.items()
        if field.get("x-kubernetes-patch-strategy", "").startswith("merge")
    }


def test_lists_are_merged_by_the_keys_that_the_api_server_has(control_plane):
    containers = {"containers", "initContainers", "ephemeralContainers"}
    assert {name: keys for name, (keys, _) in MERGED.items()} == merged_by_the_api_server(control_plane, "PodSpec")
    of_containers = merged_by_the_api_server(control_plane, "Container")
    assert {name: inner for name, (_, inner) in MERGED.items() if inner} == dict.fromkeys(containers, of_containers)


@pytest.mark.parametrize("own", ["Deployment", "Service"])
def test_two_ports_of_one_number_stay_two_in_kubernetes_own_kinds(kustomize, tmp_path, own):
    def a_body(*ports: Any) -> dict[str, Any]:
        if own == "Service":
            version, spec = "v1", {"ports": [{"port": each["containerPort"], **each} for each in ports]}
        else:
            version, spec = "apps/v1", at("template/spec", a_server([], [*ports]))
        return {"apiVersion": version, "kind": own, "metadata": {"name": "dns"}, "spec": spec}

    inner = write(
        tmp_path, {"patches": [{"patch": yaml.safe_dump(a_body({**UDP, "name": "dns"}))}]}, [a_body(TCP, UDP)]
    )
    (body,) = kustomize(inner)
    ports = (
        body["spec"]["ports"] if own == "Service" else found("template/spec", body["spec"])["containers"][0]["ports"]
    )
    assert named(ports) == [(53, "TCP", ""), (53, "UDP", "dns")]


@pytest.mark.parametrize(("kind", "kept"), [("Deployment", ["main", "second"]), ("PyTorchJob", ["main"])])
def test_without_the_component_patches_merge_lists_in_manifests_of_kubernetes_own_kinds_alone(
    kustomize, tmp_path, kind, kept
):
    """kustomize knows these by the manifest's apiVersion and kind; docs/gitops.md tells so."""
    version, place = MANIFESTS[kind]

    def a_body(inner: dict[str, Any]) -> dict[str, Any]:
        manifest = {"apiVersion": version, "kind": kind, **at(place, inner)}
        return {**a_workload("spec", {}), "spec": {"manifest": manifest}}

    kustomization = {"components": [], "patches": [{"patch": yaml.safe_dump(a_body(PATCH))}]}
    (workload,) = kustomize(write(tmp_path, kustomization, [a_body(a_pod_spec())]))
    containers = found(place, workload["spec"]["manifest"])["containers"]
    assert [each["name"] for each in containers] == kept


CONNECTION = {
    "apiVersion": "runai-operator.io/v1alpha1",
    "kind": "RunaiConnection",
    "metadata": {"name": "default"},
    "spec": {"credentialsSecretRef": {"name": "settings"}, "caBundleRef": {"kind": "ConfigMap", "name": "settings"}},
}


def test_a_connection_is_renamed_with_what_it_refers_to_and_what_refers_to_it(kustomize, tmp_path):
    workload = a_workload("spec", {})
    workload["spec"]["connectionRef"] = {"name": "default"}
    kustomization = {
        "namePrefix": "east-",
        "namespace": "team-a",
        "secretGenerator": [GENERATED],
        "configMapGenerator": [GENERATED],
    }
    built = {body["kind"]: body for body in kustomize(write(tmp_path, kustomization, [CONNECTION, workload]))}
    assert built["RunaiWorkload"]["spec"]["connectionRef"]["name"] == "east-default"
    connection = built["RunaiConnection"]
    assert connection["metadata"] == {"name": "east-default"}, "it belongs to no namespace"
    for kind, field in (("Secret", "credentialsSecretRef"), ("ConfigMap", "caBundleRef")):
        assert connection["spec"][field]["name"] == built[kind]["metadata"]["name"]


def test_a_connection_that_is_renamed_is_not_found_by_whom_it_is_the_default_of(kustomize, tmp_path):
    """docs/gitops.md tells so."""
    built = kustomize(write(tmp_path, {"namePrefix": "east-"}, [CONNECTION, a_workload("spec", {})]))
    specs = {body["kind"]: body["spec"] for body in built}
    names = {body["kind"]: body["metadata"]["name"] for body in built}
    assert names["RunaiConnection"] == "east-default"
    assert "connectionRef" not in specs["RunaiWorkload"]


@pytest.mark.parametrize(("options", "hashed"), [({}, True), ({"disableNameSuffixHash": True}, False)])
def test_credentials_that_are_generated_keep_the_name_that_a_role_can_name(kustomize, tmp_path, options, hashed):
    kustomization = {"secretGenerator": [GENERATED], "generatorOptions": options}
    built = {body["kind"]: body for body in kustomize(write(tmp_path, kustomization, [CONNECTION]))}
    name = built["Secret"]["metadata"]["name"]
    assert built["RunaiConnection"]["spec"]["credentialsSecretRef"]["name"] == name
    assert (name != GENERATED["name"]) is hashed


def test_kubernetes_own_kinds_are_patched_as_ever(kustomize, tmp_path):
    """A kustomization that brings a schema loses kustomize's own."""
    kinds = {
        ("Pod", "v1"): "spec",
        ("Deployment", "apps/v1"): "spec/template/spec",
        ("StatefulSet", "apps/v1"): "spec/template/spec",
        ("Job", "batch/v1"): "spec/template/spec",
        ("CronJob", "batch/v1"): "spec/jobTemplate/spec/template/spec",
    }

    def bodies(inner: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"apiVersion": version, "kind": kind, "metadata": {"name": "own"}, **at(place, inner)}
            for (kind, version), place in kinds.items()
        ]

    kustomization = {"patches": [{"patch": yaml.safe_dump(each)} for each in bodies(PATCH)]}
    built = {body["kind"]: body for body in kustomize(write(tmp_path, kustomization, bodies(a_pod_spec())))}
    for (kind, _), place in kinds.items():
        containers = found(place, built[kind])["containers"]
        assert [each["args"] for each in containers] == [["new"], ["old"]], kind


@pytest.mark.parametrize("name", ["base", "evaluation"])
def test_the_example_builds_and_refers_to_what_it_generates(kustomize, name):
    built = {body["kind"]: body for body in kustomize(KUSTOMIZE / "example" / name)}
    settings = built["ConfigMap"]["metadata"]["name"]
    assert HASHED.search(settings)
    trainer = built["RunaiWorkload"]["spec"]["manifest"]["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]
    assert trainer["containers"][0]["env"][0]["valueFrom"]["configMapKeyRef"]["name"] == settings
    assert len(trainer["containers"]) == 2
