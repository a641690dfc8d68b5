"""What is played, in order: each chapter finds the cluster as the one before left it."""

from collections.abc import Callable

from ..world import World
from .crds import crds_deleted_on_purpose
from .image import the_image
from .install import examples_applied, installed
from .leader import leader_killed
from .secret import secret_rotated
from .trial import trial
from .uninstall import installed_again, uninstalled
from .upgrade import upgraded_under_load

CHAPTERS: tuple[tuple[str, Callable[[World], None]], ...] = (
    ("The image is what it says", the_image),
    ("Installed by Helm", installed),
    ("The examples", examples_applied),
    ("An upgrade restarts the Pods while workloads are submitted", upgraded_under_load),
    ("The leader is killed", leader_killed),
    ("The Secret is rotated", secret_rotated),
    ("Uninstalled: everything is kept", uninstalled),
    ("Installed again: it takes up where it was", installed_again),
    ("The CRDs are deleted on purpose", crds_deleted_on_purpose),
    ("A trial from nothing, with the simulator of the chart", trial),
)
