"""What is built for the node besides Kubernetes: the program that holds a Pod, and the one that answers for names."""

from pathlib import Path

from tests.control_plane.binaries import Say
from tests.control_plane.programs import Program, prepare_program

SOURCES = Path(__file__).parent / "go"
COREDNS = Program("coredns", "github.com/coredns/coredns", "v1.14.7", ".", source=SOURCES / "coredns.go")
PAUSE = Program("pause", "", "1", ".", source=SOURCES / "pause.go")


def pause(say: Say) -> Path:
    return prepare_program(PAUSE, say)


def coredns(say: Say) -> Path:
    return prepare_program(COREDNS, say)
