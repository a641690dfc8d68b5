"""What may be believed of an answer: Present, Leaving, Gone; anything less is Unknown."""

import asyncio
from dataclasses import replace

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import Forbidden, NotFound, Throttled, Unavailable, Unreadable
from runai_operator.runai.models import WorkloadView
from runai_operator.sync.observe import Observer
from runai_operator.sync.reading import at_rest, is_compared
from runai_operator.sync.situation import Gone, Leaving, Ownership, Present, Unknown
from tests.unit.sync.builders import LONG_AGO, OWNER, STRANGER, a_resource, a_workload
from tests.unit.sync.fakes import WINDOW, World

CLAIMED = a_resource().claimed()
OURS = a_resource().claimed().submitted()


async def everywhere(_: str) -> bool:
    return True


class Sight:
    """One look at a resource, after the window of the start is over unless it is said otherwise."""

    def __init__(self, *workloads, resource=OURS, window_over=True):
        self.world = World(resource)
        self.runai, self.connection = self.world.runai, self.world.connection
        for each in workloads:
            self.runai.holds(each)
        if window_over:
            self.world.passes(WINDOW)
        self.resource = resource.built

    def look(self):
        observer = Observer(self.connection, self.world.ledger, everywhere)
        return asyncio.run(observer.observe(self.resource, OWNER))


def ownership(observed):
    assert isinstance(observed, Present)
    return observed.ownership


BY_ID = {
    "ours by its stamp": (a_workload(), Ownership.OURS),
    "ours without stamp, for its id is recorded": (a_workload().without_stamp(), Ownership.OURS),
    "another's by its stamp": (a_workload().of(STRANGER), Ownership.ANOTHERS),
    "another's of the same name in another cluster": (
        a_workload().of(replace(OWNER, cluster="cluster-2")),
        Ownership.ANOTHERS,
    ),
}


@pytest.mark.parametrize("name", BY_ID)
def test_whose_a_recorded_workload_is(name):
    workload, expected = BY_ID[name]
    assert ownership(Sight(workload).look()) is expected


BY_NAME = {
    "ours by its stamp": (a_workload(), Ownership.OURS),
    "nobody's without stamp": (a_workload().without_stamp(), Ownership.UNOWNED),
    "another's by its stamp": (a_workload().of(STRANGER), Ownership.ANOTHERS),
    "nobody's where it was not made through V2": (a_workload().made_through("UI"), Ownership.UNOWNED),
}


@pytest.mark.parametrize("name", BY_NAME)
def test_whose_a_workload_of_the_claimed_name_is(name):
    workload, expected = BY_NAME[name]
    assert ownership(Sight(workload, resource=CLAIMED).look()) is expected


def test_what_was_not_made_through_v2_is_not_asked_for_there():
    sight = Sight(a_workload().made_through("UI"), resource=CLAIMED)
    sight.look()
    assert [call for call in sight.runai.calls if call.startswith("get")] == []


LEAVING = {
    "syncInfo says Deleting": a_workload().in_sync("Deleting"),
    "it is desired to be deleted": replace(a_workload(), desired_phase="Deleted"),
}


@pytest.mark.parametrize("name", LEAVING)
@pytest.mark.parametrize("resource", [OURS, CLAIMED], ids=["by id", "by name"])
def test_what_run_ai_deletes_is_leaving(name, resource):
    assert Sight(LEAVING[name], resource=resource).look() == Leaving("w-1")


@pytest.mark.parametrize("phase", ["Deleting", "Terminating"])
def test_a_listed_phase_of_deletion_is_leaving(phase):
    workload = a_workload().in_phase(phase)
    assert Sight(workload, resource=CLAIMED).look() == Leaving("w-1")
    by_id = Sight(workload)
    by_id.connection.learn(workload.row())
    assert by_id.look() == Leaving("w-1")


def test_a_404_is_gone_while_the_project_is_there():
    sight = Sight()
    assert sight.look() == Gone(finished=None)
    assert sight.runai.calls[:2] == ["get w-1", "project p-1"]


def test_a_404_with_the_project_away_is_unknown():
    sight = Sight()
    sight.runai.projects.clear()
    observed = sight.look()
    assert isinstance(observed, Unknown)
    assert "p-1" in observed.message


def test_a_404_whose_project_nobody_recorded_is_unknown():
    assert isinstance(Sight(resource=a_resource().with_status(workloadId="w-1")).look(), Unknown)


def test_sync_info_deleted_is_gone():
    assert isinstance(Sight(a_workload().in_sync("Deleted")).look(), Gone)


@pytest.mark.parametrize(("phase", "finished"), [("Completed", True), ("Failed", True), ("Running", False)])
def test_the_deleted_row_tells_whether_it_had_finished(phase, finished):
    assert Sight(a_workload().in_phase(phase).deleted()).look() == Gone(finished=finished)


def test_a_deleted_row_of_another_id_tells_nothing():
    assert Sight(a_workload().called("w-9").in_phase("Completed").deleted()).look() == Gone(finished=None)


ERRORS = {
    "Unavailable": (Unavailable("x"), Reason.RUNAI_UNAVAILABLE, None),
    "Unreadable": (Unreadable("x"), Reason.RUNAI_UNAVAILABLE, None),
    "Throttled": (Throttled("x", retry_after=9), Reason.THROTTLED, 9),
    "Forbidden": (Forbidden("x"), Reason.NOT_PERMITTED, None),
}


@pytest.mark.parametrize("verb", ["get", "project", "list deleted", "list"])
@pytest.mark.parametrize("name", ERRORS)
def test_a_look_that_failed_is_unknown_wherever_it_failed(name, verb):
    error, reason, after = ERRORS[name]
    sight = Sight(resource=CLAIMED if verb == "list" else OURS)
    sight.runai.fails(verb.split()[0], error)
    assert sight.look() == Unknown(reason, "x", after)


class WithoutManifest:
    """A client whose V2 answers hold no rawManifest."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        return getattr(self._client, name)

    async def get(self, workload_id):
        view = await self._client.get(workload_id)
        return WorkloadView(workload=view.workload.model_copy(update={"raw_manifest": None}), sync_info=view.sync_info)


@pytest.mark.parametrize("resource", [OURS, CLAIMED, CLAIMED.deleting()], ids=["by id", "by name", "by name, deleting"])
def test_without_its_manifest_nobody_can_tell_whose_it_is(resource):
    sight = Sight(a_workload(), resource=resource)
    sight.connection.client = WithoutManifest(sight.runai)
    assert isinstance(sight.look(), Unknown)


@pytest.mark.parametrize(
    "first", [a_workload().called("w-0").made_through("UI"), a_workload().called("w-0").of(STRANGER)]
)
def test_ours_is_found_behind_another_of_the_same_name(first):
    observed = Sight(first, a_workload(), resource=CLAIMED).look()
    assert (observed.workload_id, observed.ownership) == ("w-1", Ownership.OURS)


def test_what_is_replaced_is_not_found_by_name():
    sight = Sight(a_workload().deleted(), a_workload().called("w-2"), resource=OURS.replacing())
    assert sight.look().workload_id == "w-2"


def test_what_a_restored_claim_replaces_is_ours_while_no_id_is_recorded():
    without_id = Sight(a_workload(), resource=CLAIMED.replacing())
    assert without_id.look().workload_id == "w-1"


def test_a_listed_one_whose_v2_is_404_is_neither_there_nor_gone():
    sight = Sight(a_workload(), resource=CLAIMED)
    sight.runai.fails("get", NotFound("gone meanwhile"))
    observed = sight.look()
    assert (observed.reason, observed.after) == (Reason.RUNAI_UNAVAILABLE, 1)
    assert ownership(sight.look()) is Ownership.OURS


class TestTheSettleWindow:
    """Within it, absence by name says nothing."""

    @pytest.mark.parametrize("resource", [CLAIMED, CLAIMED.deleting(), OURS.replacing()])
    def test_absence_is_unknown(self, resource):
        observed = Sight(resource=resource, window_over=False).look()
        assert isinstance(observed, Unknown)
        assert observed.reason is Reason.OUTCOME_UNKNOWN
        assert 0 < observed.after <= WINDOW

    @pytest.mark.parametrize("resource", [CLAIMED, CLAIMED.deleting()])
    def test_ours_is_believed(self, resource):
        observed = Sight(a_workload(), resource=resource, window_over=False).look()
        assert ownership(observed) is Ownership.OURS

    def test_anothers_is_no_reason_to_let_go(self):
        stranger = a_workload().of(STRANGER)
        assert isinstance(Sight(stranger, resource=CLAIMED.deleting(), window_over=False).look(), Unknown)
        assert ownership(Sight(stranger, resource=CLAIMED, window_over=False).look()) is Ownership.ANOTHERS

    def test_a_recorded_id_needs_none(self):
        assert isinstance(Sight(window_over=False).look(), Gone)


SETTLED = a_resource().claimed().submitted().settled()
RESTLESS = {
    "it is deleted": SETTLED.deleting(),
    "another generation": SETTLED.of_generation(2),
    "a look is asked": SETTLED.annotated(reconcile_at="now"),
    "a rerun is asked": SETTLED.asked_to_rerun(),
    "no claim": SETTLED.annotated(claim=""),
    "no finalizer": SETTLED.finalizer_of("other/x"),
    "no id": SETTLED.with_status(workloadId=None),
    "replacing": SETTLED.replacing(),
    "nothing told": SETTLED.with_status(conditions=None),
}


@pytest.mark.parametrize("name", RESTLESS)
def test_what_is_at_rest_no_more_is_looked_at(name):
    ledger = World(SETTLED).ledger
    assert at_rest(SETTLED.built, ledger)
    assert not at_rest(RESTLESS[name].built, ledger)


def test_an_update_without_answer_is_not_at_rest():
    ledger = World(SETTLED).ledger
    ledger.update_unanswered(SETTLED.built.uid)
    assert not at_rest(SETTLED.built, ledger)


def test_what_was_compared_is_not_asked_for_again():
    sight = Sight(a_workload(), resource=SETTLED)
    sight.connection.learn(a_workload().row())
    observed = sight.look()
    assert (observed.view, observed.row) == (None, a_workload().row())
    assert sight.runai.calls == []


def test_what_moved_since_or_became_pending_is_asked_for():
    ledger = World(SETTLED).ledger
    assert is_compared(SETTLED.built, a_workload().row(), ledger)
    assert not is_compared(SETTLED.built, a_workload().updated("2026-02-02T00:00:00Z").row(), ledger)
    assert not is_compared(SETTLED.built, a_workload().in_phase("Pending").row(), ledger)
    assert is_compared(SETTLED.built, a_workload().updated("2026-01-01T01:00:00+01:00").row(), ledger), LONG_AGO
