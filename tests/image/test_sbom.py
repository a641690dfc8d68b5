"""The bill of materials names what is installed, and nothing else."""

import json

import pytest

from runai_operator import __version__

from .build import REPOSITORY
from .sbom import Locked, bill, locked

REQUIREMENTS = """aiohttp==3.14.5 \\
    --hash=sha256:00 \\
    --hash=sha256:01
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:02
Pydantic_Core==2.50.4 \\
    --hash=sha256:03
"""


def test_each_requirement_is_read_with_its_normalized_name() -> None:
    assert locked(REQUIREMENTS) == [
        Locked("aiohttp", "3.14.5"),
        Locked("colorama", "0.4.6", "sys_platform == 'win32'"),
        Locked("pydantic-core", "2.50.4"),
    ]


def test_what_no_linux_machine_installs_is_left_out() -> None:
    names = [part["name"] for part in json.loads(bill(REQUIREMENTS))["components"]]
    assert names == ["aiohttp", "pydantic-core"]


def test_a_line_that_is_no_locked_requirement_is_refused() -> None:
    with pytest.raises(ValueError, match="make lock"):
        locked(REQUIREMENTS + "httpx @ file:///somewhere\n")


def test_the_bill_of_this_version_is_complete_and_always_the_same() -> None:
    text = (REPOSITORY / "requirements" / "run.txt").read_text()
    told = json.loads(bill(text))

    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["version"] == __version__
    assert {"kopf", "kubernetes", "httpx", "pydantic"} <= {part["name"] for part in told["components"]}
    assert len({part["bom-ref"] for part in told["components"]}) == len(told["components"])
    assert bill(text) == bill(text)
