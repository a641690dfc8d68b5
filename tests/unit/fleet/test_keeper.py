"""Connections over their life: tenants, rotated Secrets, deletion, and many workloads that vanish."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runai_operator.api.names import CONNECTION_FINALIZER
from runai_operator.api.reasons import Reason
from runai_operator.fleet.absence import Expected
from runai_operator.sync.ports import NotYet, Problem
from tests.unit.fleet.office import GOOD, Office, a_user, in_office

ROTATED = {"clientId": "demo", "clientSecret": "rotated"}


def reason(office: Office) -> str:
    return str(office.cluster.ready["reason"])


def refused(office: Office) -> Problem:
    with pytest.raises(Problem) as caught:
        office.registry.find("default")
    return caught.value


class TestTheTenant:
    def test_it_is_pinned_in_the_status_before_anything_may_be_written(self) -> None:
        async def story(office: Office) -> None:
            write = office.cluster.write_connection_status

            async def seen_first(body: Any, status: Any) -> None:
                with pytest.raises(NotYet):
                    office.registry.find("default")
                await write(body, status)

            office.cluster.write_connection_status = seen_first  # type: ignore[method-assign]
            await office.settle()
            assert office.cluster.statuses[0]["tenantId"] == "1001"
            assert office.registry.find("default").tenant == "1001"
            assert "default" in office.heard, "who waited for it is told"

        in_office(story)

    def test_a_restart_asks_for_it_once_and_writes_nothing(self) -> None:
        async def story(office: Office) -> None:
            await office.settle()
            told = len(office.cluster.statuses)
            await office.restart()
            office.simulator.control.reset_requests()
            await office.settle()
            asked = office.simulator.control.requests()["byOperation"]
            assert asked["get_clusters"] == 1
            assert len(office.cluster.statuses) == told

        in_office(story)

    @pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
    def test_credentials_of_another_one_stop_everything_until_those_of_before_are_back(self, restarted: bool) -> None:
        async def story(office: Office) -> None:
            await office.settle()
            office.simulator.control.settings(tenant_id=2002, client_secret="rotated")
            office.cluster.secrets["runai-credentials"] = dict(ROTATED)
            if restarted:
                await office.restart()
            await office.settle()
            assert reason(office) == "TenantChanged"
            message = office.cluster.ready["message"]
            assert "1001" in message
            assert "2002" in message
            assert office.cluster.statuses[-1]["tenantId"] == "1001"
            assert refused(office).reason is Reason.CONNECTION_NOT_READY
            office.simulator.control.settings(tenant_id=1001, client_secret="demo-secret")
            office.cluster.secrets["runai-credentials"] = dict(GOOD)
            await office.settle()
            assert reason(office) == "Connected"
            assert office.registry.find("default").tenant == "1001"

        in_office(story)

    def test_rows_of_another_one_stop_everything(self) -> None:
        async def story(office: Office) -> None:
            office.simulator.control.create_foreign("theirs", "4501")
            await office.settle()
            office.simulator.control.settings(tenant_id=2002)
            await office.until("TenantChanged")
            assert refused(office).reason is Reason.CONNECTION_NOT_READY
            office.simulator.control.settings(tenant_id=1001)
            await office.until("Connected")

        in_office(story)


class TestARotatedSecret:
    def test_it_is_taken_up_before_the_old_token_ends(self) -> None:
        async def story(office: Office) -> None:
            await office.settle()
            live = office.registry.find("default")
            office.simulator.control.settings(client_secret="rotated")
            office.cluster.secrets["runai-credentials"] = dict(ROTATED)
            after = await office.keeper.reconcile("default")
            assert office.registry.find("default") is live
            assert live.login == 2
            assert (reason(office), after) == ("Connected", 30.0)
            office.simulator.control.revoke_tokens()
            office.simulator.control.reset_requests()
            await live.client.projects()
            statuses = office.simulator.control.requests()["byStatus"]["get_projects"]
            assert statuses == {"401": 1, "200": 1}

        in_office(story)

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (None, "there is no Secret"),
            ({"clientId": "demo"}, "clientSecret"),
            ({"clientId": "demo", "clientSecret": "rubbish"}, "do not work"),
        ],
        ids=["deleted", "a key missing", "rubbish"],
    )
    def test_what_cannot_be_used_breaks_nothing_and_is_told(self, data: dict[str, str] | None, text: str) -> None:
        async def story(office: Office) -> None:
            await office.settle()
            live = office.registry.find("default")
            office.cluster.secrets = {} if data is None else {"runai-credentials": data}
            await office.keeper.reconcile("default")
            assert office.registry.find("default") is live
            assert (office.cluster.ready["status"], reason(office)) == ("True", "Connected")
            assert text in office.cluster.ready["message"]
            assert "of before stay in use" in office.cluster.ready["message"]
            office.simulator.control.revoke_tokens()
            await live.client.projects()
            office.cluster.secrets = {"runai-credentials": dict(GOOD)}
            await office.keeper.reconcile("default")
            assert office.cluster.ready["message"] == ""

        in_office(story)

    def test_one_that_is_missing_from_the_start_is_told_as_before(self) -> None:
        async def story(office: Office) -> None:
            office.cluster.secrets = {}
            await office.settle()
            assert reason(office) == "SecretNotFound"

        in_office(story)


class TestDeletion:
    def test_one_that_resources_need_is_held_and_one_that_nobody_needs_is_not(self) -> None:
        async def story(office: Office) -> None:
            await office.settle()
            assert "finalizers" not in office.body["metadata"]
            office.body["metadata"]["finalizers"] = ["somebody/else"]
            office.cluster.users = [a_user()]
            await office.keeper.reconcile("default")
            assert office.body["metadata"]["finalizers"] == ["somebody/else", CONNECTION_FINALIZER]

        in_office(story)

    def test_it_waits_says_for_how_many_and_goes_with_the_last(self) -> None:
        async def story(office: Office) -> None:
            office.cluster.users = [a_user("a"), a_user("b")]
            await office.settle()
            office.body["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
            office.cluster.secrets = {}
            assert await office.keeper.reconcile("default") == 10.0
            assert (reason(office), office.cluster.ready["status"]) == ("Deleting", "False")
            assert "waits for 2 RunaiWorkloads" in office.cluster.ready["message"]
            live = office.registry.find("default")
            assert live.leaving
            office.simulator.control.revoke_tokens()
            await live.client.projects()
            office.cluster.users = []
            assert await office.keeper.reconcile("default") is None
            assert office.cluster.body is None

        in_office(story)

    def test_what_the_index_has_not_seen_yet_is_asked_of_the_api_server(self) -> None:
        async def story(office: Office) -> None:
            office.cluster.users = [a_user(), a_user("other", connection="another"), a_user("new", bound=False)]
            await office.settle()
            office.indexed = False
            office.body["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
            await office.keeper.reconcile("default")
            assert "waits for 1 RunaiWorkload " in office.cluster.ready["message"]
            assert office.body["metadata"]["finalizers"] == [CONNECTION_FINALIZER]

        in_office(story)

    def test_one_that_fails_says_that_too(self) -> None:
        async def story(office: Office) -> None:
            office.cluster.users = [a_user()]
            await office.settle()
            office.body["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
            office.spec(paused=True)
            await office.keeper.reconcile("default")
            assert reason(office) == "Paused"
            assert "waits for 1 RunaiWorkload" in office.cluster.ready["message"]

        in_office(story)

    def test_another_one_of_the_name_begins_afresh(self) -> None:
        async def story(office: Office) -> None:
            await office.settle()
            first = office.registry.find("default")
            office.simulator.control.settings(tenant_id=2002)
            office.cluster.body = {**office.body, "metadata": {**office.body["metadata"], "uid": "u-2"}}
            office.body.pop("status")
            await office.settle()
            assert office.registry.find("default") is not first
            assert office.cluster.statuses[-1]["tenantId"] == "2002"

        in_office(story)


class TestManyThatVanish:
    MANY = frozenset(f"w-{number}" for number in range(20))

    def test_it_is_told_and_a_person_confirms_it_once(self) -> None:
        async def story(office: Office) -> None:
            office.expected = Expected(self.MANY, self.MANY)
            await office.settle()
            assert (reason(office), office.cluster.ready["status"]) == ("MassAbsence", "False")
            assert "20 of 20" in office.cluster.ready["message"]
            assert "w-0" in office.cluster.ready["message"]
            live = office.registry.find("default")
            assert live.absence is not None
            office.annotate("yes-1")
            await office.keeper.reconcile("default")
            assert live.absence is None
            assert office.moved == {*self.MANY}
            await office.until("Connected")
            assert office.cluster.statuses[-1]["lastHandledConfirmAbsence"] == "yes-1"
            others = frozenset(f"x-{number}" for number in range(20))
            office.expected = Expected(others, others)
            await office.until("MassAbsence")
            assert live.absence is not None, "the same word confirms nothing more"

        in_office(story, full_interval="1s")

    def test_a_word_that_came_before_confirms_nothing(self) -> None:
        async def story(office: Office) -> None:
            office.annotate("always")
            await office.settle()
            assert office.cluster.statuses[-1]["lastHandledConfirmAbsence"] == "always"
            office.expected = Expected(self.MANY, self.MANY)
            await office.until("MassAbsence")
            await office.keeper.reconcile("default")
            assert office.registry.find("default").absence is not None

        in_office(story, full_interval="1s")

    def test_a_word_whose_being_heeded_was_lost_with_the_status_confirms_nothing(self) -> None:
        async def story(office: Office) -> None:
            office.annotate("of-before-the-restore")
            office.expected = Expected(self.MANY, self.MANY)
            await office.settle()
            assert office.registry.find("default").absence is not None

        in_office(story)

    def test_it_outlives_a_restart_until_all_are_listed_again(self) -> None:
        async def story(office: Office) -> None:
            office.expected = Expected(self.MANY, self.MANY)
            await office.settle()
            await office.restart()
            office.expected = Expected(frozenset(), frozenset([*self.MANY][:2]))
            await office.settle()
            assert reason(office) == "MassAbsence"
            office.expected = Expected()
            await office.until("Connected")

        in_office(story, full_interval="1s")

    def test_a_suspicion_is_looked_at_again_soon(self) -> None:
        async def story(office: Office) -> None:
            office.expected = Expected(self.MANY, self.MANY)
            await office.settle()
            assert reason(office) == "MassAbsence"
            office.expected = Expected()
            await office.until("Connected")

        in_office(story, full_interval="1h")


def test_a_round_leaves_no_task_behind() -> None:
    async def story(office: Office) -> None:
        await office.settle()
        await office.registry.aclose()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert [task.get_name() for task in others if task.get_name() == "poller"] == []

    in_office(story)
