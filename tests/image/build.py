"""Building the Dockerfile, with the labels that only the one who builds knows."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runai_operator import __version__

from .builders import Builder, BuildFailed

REPOSITORY = Path(__file__).parents[2]
REQUIREMENTS = REPOSITORY / "requirements" / "run.txt"
LABEL = "org.opencontainers.image"
"""The names of labels begin with it (OCI image specification, "Annotations")."""
TOLD = 25


@dataclass(frozen=True)
class Image:
    """What to build, and how it is called; `source` and `revision` are labels: where its source is, which commit."""

    tag: str
    source: str = ""
    revision: str = ""

    @property
    def labels(self) -> list[str]:
        """Options for the builder; what is not known has no label, for an empty one would hide that."""
        told = {"version": __version__, "source": self.source, "revision": self.revision}
        return [part for name, value in told.items() if value for part in ("--label", f"{LABEL}.{name}={value}")]


def build(
    image: Image, builder: Builder, *, archive: Path | None = None, options: Sequence[str] = (), log: Path | None = None
) -> None:
    """Build it, and save it as a file where one is named. Raises BuildFailed with the end of what the builder said."""
    run(builder.build(REPOSITORY, image.tag, [*image.labels, *options]), log)
    if archive is not None:
        archive.unlink(missing_ok=True)  # buildah adds to none that is there
        run(builder.save(image.tag, archive), log)


def run(command: Sequence[str], log: Path | None = None) -> None:
    """Run it, with its output in a log file, or at the terminal where there is none."""
    if log is None:
        done = subprocess.run(command, check=False)
    else:
        with log.open("ab") as written:
            done = subprocess.run(command, stdout=written, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-TOLD:]) if log else "what it said is above"
        raise BuildFailed(f"`{' '.join(command[:2])} ...` ended with {done.returncode}: {ending}")
