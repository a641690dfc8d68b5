"""Argo CD out of the Go module proxy: one program that is all of them, by the name that it is started with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.control_plane.binaries import Say, alone, cache_folder, is_program, scratch
from tests.control_plane.build import run_go, with_patience, write_go_mod_of
from tests.control_plane.go_toolchain import find_toolchain
from tests.control_plane.versions import MACHINE

VERSION = "v3.5.7"  # v3.6 asks for a newer Go than Kubernetes does
MODULE = "github.com/argoproj/argo-cd/v3"
ENGINE = "github.com/argoproj/argo-cd/gitops-engine"
ENGINE_VERSION = "v0.0.0-20260914071520-c9c369efcc5b"
"""A module nested in Argo CD's repository, which its go.mod replaces by that folder. The zip of a module holds no
nested one, and the version that is required is not served: this one is, of seven weeks before the release."""
SCRIPTS = ("git-verify-wrapper.sh", "gpg-wrapper.sh")


@dataclass(frozen=True)
class Built:
    """A folder that holds the program, its CRDs, and the scripts that it expects in PATH."""

    folder: Path

    @property
    def program(self) -> Path:
        return self.folder / "argocd"

    @property
    def crds(self) -> Path:
        return self.folder / "crds"


def prepare_argocd(say: Say, environ: Mapping[str, str] = os.environ) -> Built:
    """Where Argo CD is, built into the cache where it is not there yet (minutes). Raises ControlPlaneError."""
    home = cache_folder(environ) / f"argocd-{VERSION}-{MACHINE}"
    built = Built(home / "built")
    if not is_program(built.program):
        with alone(home, say), scratch(home) as work:
            if not is_program(built.program):
                _build(work, home.parent, say).replace(built.folder)
    return built


def _build(work: Path, cache: Path, say: Say) -> Path:
    go = find_toolchain(cache, say)
    say(f"building Argo CD {VERSION} with Go {go.version}: minutes, once")
    module, made = work / "module", Built(work / "built")
    module.mkdir()
    sources = write_go_mod_of(go, module, MODULE, VERSION, f"-replace={ENGINE}={ENGINE}@{ENGINE_VERSION}")
    with_patience(go, module, "list", "-deps", f"{MODULE}/cmd")
    stamps = f"-s -w -X {MODULE}/common.version={VERSION.removeprefix('v')}"
    run_go(go, module, "build", "-trimpath", "-ldflags", stamps, "-o", str(made.program), f"{MODULE}/cmd")
    _copy_what_goes_with_it(sources, made)
    go.tidy_up()
    return made.folder


def _copy_what_goes_with_it(sources: Path, made: Built) -> None:
    made.crds.mkdir()
    for crd in (sources / "manifests" / "crds").glob("*-crd.yaml"):
        shutil.copyfile(crd, made.crds / crd.name)
    for name in SCRIPTS:
        copied = made.folder / name
        shutil.copyfile(sources / "hack" / name, copied)
        copied.chmod(0o755)
