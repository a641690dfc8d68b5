"""What of the node can be told without starting it."""

import json
from pathlib import Path

import pytest
import yaml

from tests.control_plane import ControlPlaneError
from tests.image.describe import contents

from . import dns, host, traces
from .host import Before
from .packages import PROGRAMS, require
from .programs import COREDNS, PAUSE
from .scratch import write_image
from .site import DNS_SERVICE, name_servers


def test_everything_that_is_missing_is_named_at_once_with_the_command_that_brings_it() -> None:
    with pytest.raises(ControlPlaneError, match=r"apt-get install containerd nftables$"):
        require(root=True, found=lambda program: PROGRAMS[program] not in {"containerd", "nftables"})


def test_what_something_else_needs_is_named_with_it() -> None:
    with pytest.raises(ControlPlaneError, match=r"apt-get install buildah conntrack$"):
        require(root=True, also={"buildah": "buildah"}, found=lambda program: program not in {"buildah", "conntrack"})


def test_it_says_that_it_has_to_be_root() -> None:
    with pytest.raises(ControlPlaneError, match="as root"):
        require(root=False, found=lambda _: True)


def test_name_servers_of_the_machines_own_loopback_are_none_for_pods() -> None:
    told = "search example.com\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 192.0.2.53\n"
    assert name_servers(told) == "nameserver 192.0.2.53\n"


def test_an_image_of_one_program_holds_it_and_starts_it(tmp_path: Path) -> None:
    program = tmp_path / "pause"
    program.write_bytes(b"\x7fELF")

    write_image("localhost/pause:e2e", program, tmp_path / "image.tar")

    image = contents(tmp_path / "image.tar")
    assert (image.files, image.config["config"]["Entrypoint"]) == ({"pause": 4}, ["/pause"])


def test_pods_ask_for_names_where_the_service_is_and_its_image_is_the_one_that_is_loaded() -> None:
    objects = {each["kind"]: each for each in dns.dns_objects()["items"]}
    assert objects["Service"]["spec"]["clusterIP"] == DNS_SERVICE
    assert objects["Deployment"]["spec"]["template"]["spec"]["containers"][0]["image"] == dns.IMAGE
    assert len(list(yaml.safe_load_all(dns.MANIFEST.read_text()))) == len(objects)


def test_sources_of_our_own_programs_are_there() -> None:
    assert all(program.source and program.source.exists() for program in (COREDNS, PAUSE))


def test_the_namespaces_of_a_pod_are_known_by_what_its_network_remembers() -> None:
    inside = {"name": "eth0", "sandbox": "/var/run/netns/cni-1"}
    told = {"networkName": "pods", "result": {"interfaces": [{"name": "veth1"}, inside]}}
    assert traces.namespaces(json.dumps(told)) == {"/var/run/netns/cni-1"}
    assert traces.namespaces(json.dumps({"networkName": "pods", "result": {}})) == set()


def test_what_was_changed_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting, made = tmp_path / "sys/net/ipv4/ip_forward", tmp_path / "made"
    setting.parent.mkdir(parents=True)
    setting.write_text("0\n")
    monkeypatch.setattr(host, "SYSTEM", tmp_path / "sys")
    monkeypatch.setattr(host, "FOLDERS", (str(made), str(tmp_path)))

    Before.read(tables=[]).save(tmp_path / "before.json")
    host.forward()
    made.mkdir()
    before = Before.load(tmp_path / "before.json")
    assert before.changed() == ["net/ipv4/ip_forward = 1", str(made)]
    before.restore()

    assert before.changed() == []

    assert setting.read_text().strip() == "0"
    assert not made.exists()
    assert tmp_path.exists()
