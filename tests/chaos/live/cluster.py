"""The API server as the users of this play reach it: by no proxy, and not where it is away."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any, Self

import httpx

RESOURCES = "/apis/runai-operator.io/v1alpha1/namespaces/{namespace}/runaiworkloads"


class Away(Exception):
    """The API server does not answer, or not with what was asked for."""


class Cluster:
    """Requests as the administrator of a kubeconfig. Raises Away; LookupError where an object is not there."""

    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._server = cluster["server"]
        self._http = httpx.Client(
            base_url=self._server,
            verify=ssl.create_default_context(cafile=cluster["certificate-authority"]),
            headers={"authorization": f"Bearer {user['token']}"},
            timeout=30,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: str) -> Any:
        return self._ask("GET", path, query=query)

    def create(self, path: str, body: dict[str, Any]) -> None:
        self._ask("POST", path, body)

    def patch(self, path: str, patch: dict[str, Any]) -> None:
        self._ask("PATCH", path, patch, content_type="application/merge-patch+json")

    def delete(self, path: str) -> None:
        self._ask("DELETE", path)

    def watch(self, path: str, since: str) -> Any:
        """A stream of the lines of a watch, as a context manager."""
        query = {"watch": "1", "resourceVersion": since, "allowWatchBookmarks": "true"}
        return self._http.stream("GET", path, params=query, timeout=httpx.Timeout(30, read=None))

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Any:
        content = None if body is None else json.dumps(body)
        try:
            answer = self._http.request(
                method, path, content=content, params=query, headers={"content-type": content_type}
            )
        except httpx.TransportError as error:
            raise Away(str(error)) from error
        if answer.status_code == 404:
            raise LookupError(path)
        if not answer.is_success:
            raise Away(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()
