"""Connections as their resources say, and what is told when they cannot be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.fleet.registry import Registry, Tools
from runai_operator.sync.ports import NotYet, Problem
from tests.unit.fleet.office import GOOD, NoSleep, Office, in_office


def test_a_connection_that_works_is_found_and_told_once() -> None:
    async def story(office: Office) -> None:
        with pytest.raises(NotYet):
            office.registry.find("default")
        await office.settle()
        assert office.registry.find("default").answered
        assert office.cluster.ready["reason"] == "Connected"
        await office.keeper.reconcile("default")
        assert len(office.cluster.statuses) == 1
        assert office.cluster.events == ["Connected"]

    in_office(story)


def test_a_poller_that_ended_by_itself_is_told_to_the_probe() -> None:
    async def story(office: Office) -> None:
        await office.settle()
        assert office.registry.ended() is None
        await office.registry.aclose()
        office.registry = Registry(Tools(vault=office.cluster, clock=NoSleep(), timeout=5), office._listeners)
        assert office.cluster.body is not None
        await office.registry.apply("default", office.cluster.body)
        async with asyncio.timeout(10):
            await asyncio.wait([office.registry._entries["default"].live._task])
        assert office.registry.ended() == "nothing polls default any more"

    in_office(story)


def test_a_connection_that_is_not_there_is_told_once_all_are_known() -> None:
    async def story(office: Office) -> None:
        with pytest.raises(NotYet):
            office.registry.find("other")
        office.registry.all_known()
        with pytest.raises(Problem) as caught:
            office.registry.find("other")
        assert caught.value.reason is Reason.CONNECTION_NOT_FOUND

    in_office(story)


@pytest.mark.parametrize(
    ("secrets", "spec", "reason", "text"),
    [
        pytest.param({}, {}, "SecretNotFound", "credentialsSecretRef", id="no Secret"),
        pytest.param({"runai-credentials": {"clientId": "demo"}}, {}, "SecretKeyMissing", "clientSecret", id="no key"),
        pytest.param(
            {"runai-credentials": {"clientId": "demo", "clientSecret": "wrong"}},
            {},
            "CredentialsRejected",
            "",
            id="wrong",
        ),
        pytest.param(
            {"runai-credentials": GOOD}, {"caBundleRef": {"name": "ca"}}, "CABundleNotFound", "caBundleRef", id="no CA"
        ),
        pytest.param({"runai-credentials": GOOD}, {"paused": True}, "Paused", "spec.paused", id="paused"),
        pytest.param({"runai-credentials": GOOD}, {"url": "http://127.0.0.1:1"}, "Unreachable", "", id="nobody there"),
    ],
)
def test_a_connection_that_cannot_be_used_says_why_and_heals(
    secrets: dict[str, dict[str, str]], spec: dict[str, Any], reason: str, text: str
) -> None:
    async def story(office: Office) -> None:
        assert office.cluster.body is not None
        healthy = {**office.cluster.body["spec"], "paused": False, "caBundleRef": None}
        office.cluster.secrets = {name: dict(data) for name, data in secrets.items()}
        office.spec(**spec)
        await office.settle()
        assert office.cluster.ready["reason"] == reason
        assert text in office.cluster.ready["message"]
        with pytest.raises(Problem) as caught:
            office.registry.find("default")
        assert caught.value.reason is Reason.CONNECTION_NOT_READY
        office.cluster.secrets = {"runai-credentials": dict(GOOD)}
        office.spec(**healthy)
        await office.settle()
        assert office.cluster.ready["reason"] == "Connected"

    in_office(story)


def test_who_may_use_it_changes_without_a_new_client() -> None:
    async def story(office: Office) -> None:
        await office.settle()
        before = office.registry.find("default")
        office.spec(access=[{"namespaceSelector": {}, "projects": {"names": ["*"]}}])
        await office.keeper.reconcile("default")
        assert office.registry.find("default") is before
        assert len(before.spec.access) == 1
        assert office.heard == ["default"] * len(office.heard)

    in_office(story)


def test_nothing_is_left_of_a_connection_that_is_gone() -> None:
    async def story(office: Office) -> None:
        await office.settle()
        office.registry.all_known()
        office.cluster.body = None
        assert await office.keeper.reconcile("default") is None
        with pytest.raises(Problem) as caught:
            office.registry.find("default")
        assert caught.value.reason is Reason.CONNECTION_NOT_FOUND

    in_office(story)


def test_no_secret_is_in_what_is_told() -> None:
    async def story(office: Office) -> None:
        office.cluster.secrets["runai-credentials"]["clientSecret"] = "hush-hush"
        await office.settle()
        assert "hush-hush" not in str(office.cluster.statuses)

    in_office(story)
