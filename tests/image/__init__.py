"""The container image: building it, what is in it, and what is known about what is in it.

`python -m tests.image build|describe|sbom|audit`; `make image`, `make sbom` and `make audit` call it. It knows the
Dockerfile and requirements/, and nothing of clusters.
"""

from .build import Image, build
from .builders import Builder, BuildFailed, find_builder

__all__ = ["BuildFailed", "Builder", "Image", "build", "find_builder"]
