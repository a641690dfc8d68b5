"""Whose tenant a token opens."""

import httpx
import pytest

from runai_operator.runai import Forbidden, RunaiClient, RunaiError, Unavailable

from .servers import CREDENTIALS, error, token

CLUSTERS, WORKLOADS = "/api/v1/clusters", "/api/v1/workloads"


def cluster(**more: object) -> dict[str, object]:
    return {"uuid": "c-1", "name": "east", **more}


class Tenant:
    """A control plane that shows clusters and workloads, and takes note of what it is asked."""

    def __init__(self, **answers: httpx.Response) -> None:
        self.answers = {CLUSTERS: httpx.Response(200, json=[]), WORKLOADS: httpx.Response(200, json={"workloads": []})}
        self.answers |= {f"/api/v1/{name}": answer for name, answer in answers.items()}
        self.asked: list[str] = []
        self.seen: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return token()
        self.asked.append(str(request.url.raw_path.decode()))
        return self.answers.get(request.url.path, httpx.Response(200, json={"projects": []}))

    def client(self) -> RunaiClient:
        transport = httpx.MockTransport(self)
        return RunaiClient("https://runai.test", CREDENTIALS, approve=self.seen.append, transport=transport)

    async def look(self) -> list[str | None]:
        async with self.client() as client:
            await client.projects()
            await client.projects()
        return self.seen


async def test_it_is_the_one_of_the_clusters_and_asked_once_before_anything_else() -> None:
    tenant = Tenant(clusters=httpx.Response(200, json=[cluster(), cluster(uuid="c-2", tenantId=1001)]))
    assert await tenant.look() == ["1001"]
    assert tenant.asked[0] == CLUSTERS
    assert len(tenant.asked) == 3


@pytest.mark.parametrize("clusters", [httpx.Response(200, json=[]), error(403), error(404)], ids=["none", "403", "404"])
async def test_where_no_cluster_is_shown_a_workload_tells(clusters: httpx.Response) -> None:
    rows = httpx.Response(200, json={"workloads": [{"id": "w-1", "tenantId": 1001}]})
    tenant = Tenant(clusters=clusters, workloads=rows)
    assert await tenant.look() == ["1001"]
    assert tenant.asked[1] == f"{WORKLOADS}?offset=0&limit=1"


async def test_where_nothing_is_shown_nobody_can_tell() -> None:
    assert await Tenant(clusters=error(403), workloads=error(403)).look() == [None]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(error(401), Forbidden), (error(500), Unavailable), (httpx.Response(200, html="<html>"), RunaiError)],
    ids=["401", "500", "HTML"],
)
async def test_no_answer_is_no_proof_and_nothing_is_sent(answer: httpx.Response, kind: type[RunaiError]) -> None:
    tenant = Tenant(clusters=answer)
    with pytest.raises(kind) as raised:
        await tenant.look()
    assert {*tenant.asked} == {CLUSTERS}
    assert "token-1" not in raised.value.message
