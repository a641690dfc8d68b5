"""Building the programs from the Go module proxy, with a go.mod of our own."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from .binaries import Say
from .errors import ControlPlaneError
from .go_toolchain import Toolchain, find_toolchain
from .versions import ETCD, KUBERNETES

ATTEMPTS = 3


def build_into(scratch: Path, packages: Mapping[str, str], cache: Path, say: Say) -> Iterator[tuple[str, Path]]:
    """Build the packages one after the other, and hand each over as soon as it is there."""
    if not packages:
        return
    go = find_toolchain(cache, say)
    say(f"building {', '.join(packages)} ({KUBERNETES}, etcd {ETCD}) with Go {go.version}: minutes, once")
    write_go_mod(go, scratch)
    say("fetching the sources")
    with_patience(go, scratch, "list", "-deps", *packages.values())
    for name, package in packages.items():
        say(f"building {name}")
        built = scratch / "bin" / name
        run_go(go, scratch, "build", "-trimpath", "-ldflags", _ldflags(), "-o", str(built), package)
        yield name, built
    go.tidy_up()


def write_go_mod(go: Toolchain, folder: Path) -> None:
    """Require Kubernetes and etcd, and pin each staging module of Kubernetes to the release of the same patch.

    Kubernetes requires them as v0.0.0 and replaces them by folders of its own repository; replacements of a
    dependency do not count, so they are made again here.
    """
    (folder / "go.mod").write_text("module control-plane\n")
    module = json.loads(with_patience(go, folder, "mod", "download", "-json", f"k8s.io/kubernetes@{KUBERNETES}"))
    (folder / "go.mod").write_text(go_mod(Path(module["GoMod"]).read_text()))


def go_mod(kubernetes_go_mod: str) -> str:
    """The go.mod to build with, made from the one of Kubernetes."""
    staging = re.findall(r"^\s*(?:replace )?(k8s\.io/\S+) => \./staging/", kubernetes_go_mod, flags=re.MULTILINE)
    language = re.search(r"^go \S+$", kubernetes_go_mod, flags=re.MULTILINE)
    if not staging or language is None:
        raise ControlPlaneError(f"the go.mod of k8s.io/kubernetes {KUBERNETES} does not look as expected")
    release = "v0." + KUBERNETES.removeprefix("v1.")
    lines = [
        "module control-plane",
        language.group(),
        f"require go.etcd.io/etcd/server/v3 {ETCD}",
        f"require k8s.io/kubernetes {KUBERNETES}",
        *(f"replace {module} => {module} {release}" for module in staging),
    ]
    return "\n".join(lines) + "\n"


def _ldflags() -> str:
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    version = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor}
    stamps = [f"-X k8s.io/component-base/version.{key}={value}" for key, value in version.items()]
    return " ".join(["-s", "-w", *stamps])


def write_go_mod_of(go: Toolchain, folder: Path, module: str, version: str, *edits: str) -> Path:
    """Build a release with what its own repository builds it with: its go.mod and sums, with itself required.

    To require it from an empty go.mod has Go read the go.mod of all that it could ever need, and one that is served no
    more ends the build. `edits` are flags of `go mod edit`. Answers with the folder of its sources.
    """
    (folder / "go.mod").write_text("module sources\n")
    fetched = json.loads(with_patience(go, folder, "mod", "download", "-json", f"{module}@{version}"))
    sources = Path(fetched["Dir"])
    for name in ("go.mod", "go.sum"):
        (folder / name).write_bytes((sources / name).read_bytes())
    run_go(go, folder, "mod", "edit", "-module=built", f"-require={module}@{version}", *edits)
    return sources


def with_patience(go: Toolchain, folder: Path, *args: str) -> str:
    """Run what talks to the network, again when it fails: a build of minutes should not end over one lost answer."""
    for _ in range(ATTEMPTS - 1):
        try:
            return run_go(go, folder, *args)
        except ControlPlaneError:
            continue
    return run_go(go, folder, *args)


def run_go(go: Toolchain, folder: Path, *args: str) -> str:
    """What `go` prints, run in a folder with a go.mod. Raises ControlPlaneError with the end of its complaint."""
    command = [str(go.path), *args]
    done = subprocess.run(command, cwd=folder, env=_environment(go), capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join(done.stderr.splitlines()[-15:])
        raise ControlPlaneError(f"`go {' '.join(args[:2])} ...` failed with {done.returncode}:\n{told}")
    return done.stdout


def _environment(go: Toolchain) -> Mapping[str, str]:
    """The caller's environment, without what would build for another machine or with another toolchain."""
    kept = {key: value for key, value in os.environ.items() if key not in {"GOOS", "GOARCH", "GOEXPERIMENT", "GOROOT"}}
    fixed = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GOWORK": "off", "CGO_ENABLED": "0"}
    return {"HOME": str(Path.home())} | kept | fixed | go.environ
