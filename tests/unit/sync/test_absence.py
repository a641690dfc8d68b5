"""When nothing is believed gone though a look found nothing: another tenant, other credentials, many at once."""

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import Ambiguous
from runai_operator.runai.models import WorkloadView
from runai_operator.sync.reconcile import PATIENCE
from runai_operator.sync.situation import Unknown
from tests.unit.sync.builders import a_resource, a_workload
from tests.unit.sync.fakes import KEY, WINDOW, FakeRunai, World
from tests.unit.sync.test_observe import CLAIMED, OURS, Sight

MANY = "31 of 40 workloads are not listed by Run:ai any more"


@pytest.fixture
def world() -> World:
    return World(a_resource())


def told(world: World) -> tuple[str, str]:
    return world.ready["reason"], world.ready["status"]


class TestTheTenant:
    OF_1001 = OURS.with_status(tenantId="1001")

    @pytest.mark.parametrize("tenant", [None, "2002"])
    def test_a_404_of_another_tenant_than_was_recorded_is_unknown(self, tenant: str | None) -> None:
        sight = Sight(resource=self.OF_1001)
        sight.connection.tenant = tenant
        observed = sight.look()
        assert isinstance(observed, Unknown)
        assert "1001" in observed.message
        assert "release=true" in observed.message

    def test_a_404_of_the_tenant_that_was_recorded_counts(self) -> None:
        sight = Sight(resource=self.OF_1001)
        sight.connection.tenant = "1001"
        assert not isinstance(sight.look(), Unknown)

    def test_in_another_tenant_nothing_is_let_go_of(self, world: World) -> None:
        world.settle()
        world.connection.tenant = "2002"
        world.runai.workloads.clear()
        world.kubernetes.put(world.resource.with_status(tenantId="1001").deleting())
        world.forget_what_happened()
        world.passes(WINDOW)
        world.reconcile()
        world.passes(PATIENCE)
        world.reconcile()
        assert KEY in world.kubernetes.objects
        assert world.ready["reason"] == "RunaiUnavailable"
        assert world.runai.writes() == []

    def test_a_workload_of_another_tenant_is_not_written_to(self) -> None:
        sight = Sight(a_workload(), resource=OURS)
        sight.connection.tenant = "1001"
        sight.connection.client = OfTenant(sight.runai, "2002")
        observed = sight.look()
        assert isinstance(observed, Unknown)
        assert "2002" in observed.message


class OfTenant:
    """A client whose workloads are of one tenant."""

    def __init__(self, client: FakeRunai, tenant: str) -> None:
        self._client = client
        self._tenant = tenant

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)

    async def get(self, workload_id: str) -> WorkloadView:
        view = await self._client.get(workload_id)
        metadata = view.workload.metadata.model_copy(update={"tenant_id": self._tenant})
        return view.model_copy(update={"workload": view.workload.model_copy(update={"metadata": metadata})})


class TestCredentialsThatChangeBetweenTwoAnswers:
    @pytest.mark.parametrize("resource", [OURS, CLAIMED, OURS.deleting()], ids=["by id", "by name", "deleting"])
    def test_absence_that_two_of_them_tell_together_is_unknown(self, resource) -> None:  # type: ignore[no-untyped-def]
        sight = Sight(resource=resource)
        sight.connection.client = Rotating(sight)
        observed = sight.look()
        assert isinstance(observed, Unknown)
        assert "credentials changed" in observed.message
        assert observed.after is not None

    def test_presence_counts_all_the_same(self) -> None:
        sight = Sight(a_workload(), resource=OURS)
        sight.connection.client = Rotating(sight)
        assert not isinstance(sight.look(), Unknown)


class Rotating:
    """A client whose credentials are others after each answer."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight

    def __getattr__(self, name: str) -> object:
        self._sight.connection.login += 1
        return getattr(self._sight.runai, name)


class TestManyAtOnce:
    def test_a_new_resource_is_neither_claimed_nor_submitted(self, world: World) -> None:
        world.connection.absence = MANY
        world.reconcile(2)
        assert told(world) == ("MassAbsence", "Unknown")
        assert MANY in world.ready["message"]
        assert world.kubernetes.patches == ["status"]
        assert world.runai.writes() == []

    def test_one_that_was_just_claimed_is_not_submitted_either(self, world: World) -> None:
        claim, kubernetes = world.kubernetes.claim, world.kubernetes

        async def claimed_meanwhile(*given):  # type: ignore[no-untyped-def]
            world.connection.absence = MANY
            return await claim(*given)

        kubernetes.claim = claimed_meanwhile  # type: ignore[method-assign]
        world.reconcile(2)
        assert told(world) == ("MassAbsence", "Unknown")
        assert world.runai.writes() == []
        world.connection.absence = None
        world.passes(WINDOW)
        world.reconcile()
        assert world.runai.writes() == ["create trainer"]

    def test_one_at_rest_that_vanished_stays_as_it_is_until_a_person_decided(self, world: World) -> None:
        first = world.settle()
        world.vanishes(first)
        world.connection.absence = MANY
        world.forget_what_happened()
        world.reconcile(2)
        assert (world.runai.calls, world.kubernetes.patches) == ([], [])
        world.connection.absence = None
        world.reconcile(3)
        assert [call.split()[0] for call in world.runai.writes()] == ["create"]

    def test_one_that_was_never_missing_is_updated_meanwhile(self, world: World) -> None:
        first = world.settle()
        world.connection.absence = MANY
        world.change(scheduling={"priority": "high"})
        world.forget_what_happened()
        world.reconcile()
        assert world.runai.writes() == [f"update {first}"]

    def test_one_that_is_being_deleted_is_let_go_of_where_its_deleted_row_is_seen(self, world: World) -> None:
        """Who sees that is not blind; and nothing is created for it."""
        first = world.settle()
        world.vanishes(first)
        world.connection.absence = MANY
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_one_that_is_being_deleted_is_not_let_go_of(self, world: World) -> None:
        first = world.settle()
        del world.runai.workloads[first]
        world.connection.absence = MANY
        world.kubernetes.put(world.resource.deleting())
        world.reconcile(2)
        assert KEY in world.kubernetes.objects
        assert told(world) == ("MassAbsence", "Unknown")
        world.connection.absence = None
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_a_name_that_is_anothers_by_now_lets_nothing_go_either(self, world: World) -> None:
        world.kubernetes.put(world.resource.claimed().deleting())
        world.runai.holds(a_workload().without_stamp())
        world.passes(WINDOW)
        world.connection.absence = MANY
        world.reconcile()
        assert KEY in world.kubernetes.objects
        assert told(world)[0] == Reason.MASS_ABSENCE

    def test_letting_go_by_hand_still_works(self, world: World) -> None:
        first = world.settle()
        world.vanishes(first)
        world.connection.absence = MANY
        world.kubernetes.put(world.resource.deleting().released())
        world.reconcile()
        assert KEY not in world.kubernetes.objects


class TestAConnectionThatIsBeingDeleted:
    def test_a_new_resource_is_not_submitted_and_says_why(self, world: World) -> None:
        world.connection.leaving = True
        world.reconcile(2)
        assert world.ready["reason"] == "ConnectionNotReady"
        assert "is being deleted" in world.ready["message"]
        assert world.kubernetes.patches == ["status"]
        assert world.runai.writes() == []

    def test_what_it_holds_is_updated_and_deleted(self, world: World) -> None:
        first = world.settle()
        world.connection.leaving = True
        world.change(scheduling={"priority": "high"})
        world.forget_what_happened()
        world.reconcile()
        assert world.runai.writes() == [f"update {first}"]
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert world.runai.writes()[-1] == f"delete {first}"

    def test_a_create_in_doubt_is_found_and_recorded(self, world: World) -> None:
        world.runai.fails("create", Ambiguous("lost"), committed=True)
        world.reconcile()
        world.connection.leaving = True
        world.reconcile()
        assert world.resource.built.workload_id == "new-1"
        assert world.runai.writes() == ["create trainer"]


class TestAccessThatIsWithdrawnBetweenClaimAndCreate:
    def test_nothing_is_sent_and_the_resource_can_be_deleted(self, world: World) -> None:
        claim = world.kubernetes.claim

        async def withdrawn_meanwhile(*given):  # type: ignore[no-untyped-def]
            spec = world.connection.spec.model_dump(by_alias=True, mode="json")
            world.connection.spec = world.connection.spec.model_validate({**spec, "access": []})
            return await claim(*given)

        world.kubernetes.claim = withdrawn_meanwhile  # type: ignore[method-assign]
        world.reconcile(3)
        assert world.ready["reason"] == "AccessDenied"
        assert world.runai.writes() == []
        world.kubernetes.put(world.resource.deleting())
        world.passes(WINDOW)
        world.reconcile()
        assert KEY not in world.kubernetes.objects
        assert world.runai.writes() == []


class TestAProjectThatIsRenamed:
    def test_its_id_counts_and_the_rules_are_held_against_the_new_name(self, world: World) -> None:
        first = world.settle()
        spec = world.connection.spec.model_dump(by_alias=True, mode="json")
        only = [{"namespaceSelector": {}, "projects": {"names": ["team-a"]}}]
        world.connection.spec = world.connection.spec.model_validate({**spec, "access": only})
        world.runai.projects = {"p-1": "team-z"}
        world.change(scheduling={"priority": "high"})
        world.forget_what_happened()
        world.reconcile()
        assert world.runai.writes() == [f"update {first}"]
        world.kubernetes.put(world.resource.with_status(projectName="team-z"))
        world.change(scheduling={"priority": "low"})
        world.forget_what_happened()
        world.reconcile()
        assert world.ready["reason"] == "AccessDenied"
        assert world.runai.writes() == []
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert world.runai.writes() == [f"delete {first}"]
