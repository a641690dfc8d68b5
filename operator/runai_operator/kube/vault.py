"""Credentials and trust, as the operator's own namespace keeps them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import cast

from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from runai_operator.api.reasons import Reason
from runai_operator.kube.answers import FORBIDDEN, NOT_FOUND, TIMEOUT
from runai_operator.sync.ports import Problem


class OwnNamespace:
    """The vault: Secrets and ConfigMaps of one namespace, each read by its name."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._core = client.CoreV1Api(api)
        self._namespace = namespace

    async def secret(self, name: str) -> Mapping[str, str] | None:
        try:
            found = await self._core.read_namespaced_secret(name, self._namespace, _request_timeout=TIMEOUT)
        except ApiException as error:
            _absent(error, Reason.SECRET_NOT_FOUND, f"Secret {name}")
            return None
        data: Mapping[str, str] = found.data or {}
        return {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}

    async def config_map(self, name: str) -> Mapping[str, str] | None:
        try:
            found = await self._core.read_namespaced_config_map(name, self._namespace, _request_timeout=TIMEOUT)
        except ApiException as error:
            _absent(error, Reason.CA_BUNDLE_NOT_FOUND, f"ConfigMap {name}")
            return None
        return cast("Mapping[str, str]", found.data or {})


def _absent(error: ApiException, reason: Reason, what: str) -> None:
    """Passes where there is none. Raises Problem where we may not look: our role names what may be read."""
    if error.status == FORBIDDEN:
        message = f"the operator may not read the {what} in its own namespace: give its role get on that name"
        raise Problem(reason, message) from None
    if error.status != NOT_FOUND:
        raise error
