"""Held against the archive of the image, before anything runs."""

import json
import re
from collections.abc import Iterable

from runai_operator import __version__
from tests.image import REQUIREMENTS, bill
from tests.image.build import LABEL
from tests.image.describe import contents, report

from ..world import World

UNWANTED = re.compile(r"(^|/)(pip|setuptools|wheel|ensurepip)/__init__\.py$|/pip3?$|\.cache/|^src/|\.whl$")
"""What installs packages, and what an installation or a build leaves behind."""
INSTALLED = re.compile(r"^opt/.*/site-packages/([^/]+)\.dist-info/METADATA$")


def the_image(world: World) -> None:
    checks, image = world.checks, contents(world.archive)
    config = image.config["config"]
    labels, environment = config["Labels"], dict(each.split("=", 1) for each in config["Env"])
    checks.equal("it runs as a numeric user that is not root", config["User"], "10001:10001")
    checks.equal("Kopf finds a user's name", environment["USER"], "runai-operator")
    checks.equal("its version is the package's", labels[f"{LABEL}.version"], __version__)
    checks.equal("no label of it is empty", [name for name, value in labels.items() if not value], [])
    checks.equal("it tells its licence", labels[f"{LABEL}.licenses"], "Apache-2.0")
    checks.equal("it starts the operator", (config["Entrypoint"], config["Cmd"]), (["runai-operator"], ["run"]))
    checks.equal("nothing in it installs packages", [path for path in image.files if UNWANTED.search(path)], [])
    billed = {f"{each['name']}-{each['version']}" for each in json.loads(bill(REQUIREMENTS.read_text()))["components"]}
    checks.equal("its bill of materials names what is installed in it", _installed(image.files), billed)
    checks.say(report(image))


def _installed(files: Iterable[str]) -> set[str]:
    """The packages that were installed into it, but for our own, as NAME-VERSION."""
    found = {match[1].lower().replace("_", "-") for match in map(INSTALLED.search, files) if match}
    return found - {f"runai-operator-{__version__}"}
