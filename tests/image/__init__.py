"""The container image: building it, what is in it, and what is known about what is in it.

`python -m tests.image build|describe|starts|sbom|audit`; `make image`, `make sbom` and `make audit` call it. It knows
the Dockerfile and requirements/, and nothing of clusters.
"""

from .build import REQUIREMENTS, Image, build
from .builders import Builder, BuildFailed, find_builder
from .sbom import bill

__all__ = ["REQUIREMENTS", "BuildFailed", "Builder", "Image", "bill", "build", "find_builder"]
