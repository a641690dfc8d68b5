"""The program that builds: docker, podman or buildah, whichever is there and answers."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Answers = Callable[[Sequence[str]], bool]
PATIENCE = 20.0
"""Seconds in which `docker info` tells whether there is a daemon."""


class BuildFailed(RuntimeError):
    """There is no image; the text says why and what to do."""


@dataclass(frozen=True)
class Builder:
    """How one of them is called. `command` is its program with the options that go before every subcommand."""

    name: str
    command: tuple[str, ...]

    def build(self, context: Path, tag: str, options: Sequence[str]) -> list[str]:
        """The command that builds the Dockerfile of a folder."""
        # buildah's own default, OCI, knows no health checks and is refused by old daemons; nobody refuses docker's.
        own = ("--format", "docker") if self.name == "buildah" else ()
        return [*self.command, "build", *own, *options, "--tag", tag, str(context)]

    def save(self, tag: str, archive: Path) -> list[str]:
        """The command that writes the image into a file, as `docker load` and `ctr images import` read it."""
        if self.name == "buildah":
            return [*self.command, "push", "--quiet", tag, f"docker-archive:{archive}:{tag}"]
        return [*self.command, "save", "--output", str(archive), tag]

    def remove(self, tag: str) -> list[str]:
        """The command that takes the image out of the builder's store."""
        return [*self.command, "rmi", tag]


ASKED = {"docker": ("docker", "info"), "podman": ("podman", "info"), "buildah": ("buildah", "version")}


def find_builder(answers: Answers | None = None) -> Builder:
    """The first one that works: a docker without its daemon does not. Raises BuildFailed where none does."""
    works = answers or _succeeds
    for name, question in ASKED.items():
        if works(question):
            return Builder(name, (name,))
    raise BuildFailed(
        "none of docker, podman and buildah works here: install one of them (Debian: apt-get install buildah), or "
        "start Docker's daemon"
    )


def _succeeds(command: Sequence[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
