"""Programs beside the control plane, such as Helm: each is built by itself, into a folder of its own in the cache."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .binaries import Say, alone, cache_folder, is_program, scratch
from .versions import MACHINE


@dataclass(frozen=True)
class Program:
    """A main package of a Go module, built with the go.mod of its own repository.

    `stamps` are what the linker sets, such as a version: the full name of a variable, and its value. With a `source` it
    is that main.go of ours instead, which imports of the module what it needs, or nothing of none.
    """

    name: str
    module: str
    version: str
    package: str
    stamps: tuple[tuple[str, str], ...] = ()
    source: Path | None = None

    @property
    def key(self) -> str:
        """The name of its folder in the cache."""
        return f"{self.name}-{self.version}-{MACHINE}"


def prepare_program(program: Program, say: Say, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the program is; it is built first where it is not cached yet (minutes).

    Raises ControlPlaneError when it must be built and cannot be.
    """
    folder = cache_folder(environ) / program.key
    built = folder / program.name
    if not is_program(built):
        with alone(folder, say), scratch(folder) as work:
            if not is_program(built):
                _build(program, work, folder.parent, say).replace(built)
    return built


def _build(program: Program, work: Path, cache: Path, say: Say) -> Path:
    from .build import run_go, with_patience, write_go_mod_of  # here, so that finding it in place costs nothing
    from .go_toolchain import find_toolchain

    go = find_toolchain(cache, say)
    say(f"building {program.name} {program.version} with Go {go.version}: minutes, once")
    if program.module:
        write_go_mod_of(go, work, program.module, program.version)
    else:
        (work / "go.mod").write_text("module built\n")
    if program.source:
        (work / "main.go").write_text(program.source.read_text())
    with_patience(go, work, "list", "-deps", program.package)
    stamps = " ".join(["-s", "-w", *(f"-X {variable}={value}" for variable, value in program.stamps)])
    built = work / "bin" / program.name
    run_go(go, work, "build", "-trimpath", "-ldflags", stamps, "-o", str(built), program.package)
    go.tidy_up()
    return built
