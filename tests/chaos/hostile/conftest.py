"""The world of the integration tests, for these too."""

from tests.integration.conftest import bare_world, simulator, world

__all__ = ["bare_world", "simulator", "world"]
