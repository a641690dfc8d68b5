"""Each story, told by the API server in memory, and by a real one."""

import asyncio

import pytest

from tests.chaos.port.sides import InMemory, real
from tests.chaos.port.stories import STORIES, Story
from tests.control_plane import ControlPlane


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_both_tell_the_same_story(
    story: Story,
    crds: list[str],  # noqa: ARG001 (they have to be there)
    control_plane: ControlPlane,
    namespace: str,
) -> None:
    async def told() -> object:
        async with real(control_plane.kubeconfig, namespace) as side:
            return await story(side)

    assert asyncio.run(story(InMemory(namespace))) == asyncio.run(told())
