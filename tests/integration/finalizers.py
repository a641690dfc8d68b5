"""Letting go of resources without an operator: hundreds of them, for which a kubectl each takes a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from kubernetes.aio import client, config

from runai_operator.api.names import GROUP, VERSION, WORKLOADS

AT_ONCE = 20


def take_finalizers(kubeconfig: Path, namespace: str, names: Sequence[str]) -> None:
    """From these RunaiWorkloads, so that their namespace can go."""
    asyncio.run(_take_all(kubeconfig, namespace, names))


async def _take_all(kubeconfig: Path, namespace: str, names: Sequence[str]) -> None:
    configuration, turns = client.Configuration(), asyncio.Semaphore(AT_ONCE)
    await config.load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        objects = client.CustomObjectsApi(api)

        async def take(name: str) -> None:
            patch = {"metadata": {"finalizers": None}}
            async with turns:
                await objects.patch_namespaced_custom_object(
                    GROUP, VERSION, namespace, WORKLOADS, name, patch, _content_type="application/merge-patch+json"
                )

        await asyncio.gather(*(take(name) for name in names))
