"""The policies of design.md, section 5, as named cases; test_decide_exhaustively.py goes through all combinations."""

from dataclasses import replace

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.sync.actions import (
    Adopt,
    Claim,
    Create,
    Delete,
    Nothing,
    Reject,
    Release,
    Resume,
    Suspend,
    Update,
    Wait,
)
from runai_operator.sync.compare import Difference
from runai_operator.sync.decide import decide
from runai_operator.sync.policies.following import paths
from runai_operator.sync.situation import Gone, Leaving, Ownership, Unknown
from tests.unit.sync.builders import LONG_AGO, a_resource, a_situation, a_workload, desired_of

NEW = a_resource()
CLAIMED = a_resource().claimed()
OURS = a_resource().claimed().submitted()
CHANGED = OURS.with_spec(scheduling={"priority": "high"})
CHANGED_IN_PART = OURS.with_spec(scheduling={"priority": "high", "mnnvl": "Required"})
ONLY_MNNVL = OURS.with_spec(scheduling={"mnnvl": "Required"})
IN_PLACE = {"updateStrategy": "InPlace"}
RECREATE = {"updateStrategy": "Recreate"}

RUNNING = RENAMED = a_workload().seen()
PUT = a_workload().submitted_from(desired_of(CHANGED_IN_PART.built)).seen()
COMPLETED = a_workload().in_phase("Completed").seen()
FAILED = a_workload().in_phase("Failed").seen()
STRANGERS = a_workload().seen(Ownership.ANOTHERS, owner="RunaiWorkload attic/trainer of cluster cluster-2")
NOBODYS = a_workload().without_stamp().seen(Ownership.UNOWNED, owner="nobody: it carries no stamp")
LEAVING = Leaving("w-1")
BLIND = Unknown(Reason.RUNAI_UNAVAILABLE, "no answer", after=7)
DRIFT = (Difference("/manifest/spec/parallelism", 1, 5),)
FIXED_DRIFT = (Difference("/scheduling/mnnvl", "Required", None),)


def told(action):
    """What counts of an action: the message of Wait and Reject is for people."""
    return (type(action), action.reason) if isinstance(action, Wait | Reject) else action


def check(cases, name):
    (resource, observed, *changes), expected = cases[name]
    assert told(decide(a_situation(resource, observed, **(changes[0] if changes else {})))) == expected


CLAIMING = {
    "a new resource is claimed first": ((NEW, Gone()), Claim()),
    "the first claim answers a rerun that was asked with it": ((NEW.asked_to_rerun("x"), Gone()), Claim(rerun_at="x")),
    "a copied claim is none": ((a_resource().claimed(name="another"), Gone()), Claim()),
    "a replaced resource gets finalizer and claim back": ((a_resource().submitted(), RUNNING), Claim()),
    "a lost finalizer comes back with the claim as it was": (
        (OURS.replacing("w-0", rerun_at="x").finalizer_of("other/finalizer"), RUNNING),
        Claim(replaces="w-0", rerun_at="x"),
    ),
    "a rerun asked with `kubectl replace` is not answered by the claim": (
        (a_resource().submitted().asked_to_rerun(), COMPLETED),
        Claim(),
    ),
    "a name mended before it was submitted is claimed anew": ((CLAIMED.with_spec(workloadName="b"), Gone()), Claim()),
    "a mended name keeps the answered rerun": (
        (a_resource().claimed(rerun_at="x").with_spec(workloadName="b"), Gone()),
        Claim(rerun_at="x"),
    ),
    "a name mended after a conflict is claimed anew": ((CLAIMED.with_spec(workloadName="b"), STRANGERS), Claim()),
    "a name mended after one that nobody owns is claimed anew": (
        (CLAIMED.with_spec(workloadName="b"), NOBODYS),
        Claim(),
    ),
    "what was submitted under the old name after all is adopted": (
        (CLAIMED.with_spec(workloadName="b"), RUNNING),
        Adopt("w-1"),
    ),
    "nothing is claimed while nobody can look": ((NEW, BLIND), (Wait, Reason.RUNAI_UNAVAILABLE)),
}


@pytest.mark.parametrize("name", CLAIMING)
def test_claiming(name):
    check(CLAIMING, name)


CREATING = {
    "a claimed one is created": ((CLAIMED, Gone()), Create()),
    "one that is there already is adopted by its stamp": ((CLAIMED, RUNNING), Adopt("w-1")),
    "a name that another resource holds is a conflict": ((CLAIMED, STRANGERS), (Reject, Reason.NAME_CONFLICT)),
    "a name that nobody's workload holds is a conflict": ((CLAIMED, NOBODYS), (Reject, Reason.NAME_CONFLICT)),
    "a name that is being deleted is waited for": ((CLAIMED, Leaving("w-0")), (Wait, Reason.NAME_BUSY)),
    "an unanswered create is waited out": (
        (CLAIMED, Unknown(Reason.OUTCOME_UNKNOWN, "a create may still be carried out", after=3)),
        (Wait, Reason.OUTCOME_UNKNOWN),
    ),
    "what a person must mend comes first": (
        (CLAIMED, Gone(), {"problem": (Reason.ACCESS_DENIED, "no rule")}),
        (Reject, Reason.ACCESS_DENIED),
    ),
}


@pytest.mark.parametrize("name", CREATING)
def test_creating(name):
    check(CREATING, name)


def test_a_name_conflict_says_whose_it_is_and_what_to_set():
    message = decide(a_situation(CLAIMED, STRANGERS)).message
    for word in ("trainer", "team-a", "w-1", "attic/trainer of cluster cluster-2", "spec.workloadName"):
        assert word in message


def test_one_that_nobody_can_see_is_looked_at_again_when_it_was_said():
    assert decide(a_situation(OURS, BLIND)) == Wait(Reason.RUNAI_UNAVAILABLE, "no answer", after=7)


UNOWNED = {"adopt": {"policy": "IfUnowned"}}
IDENTICAL = {"adopt": {"policy": "IfIdentical"}}
EXACTLY = {"adopt": {"workloadId": "w-1"}}
TAKING = CLAIMED.claimed(adopts="w-1")
UNLIKE = {"unlike": ("/manifest/spec/parallelism",)}
NOT_THROUGH_V2 = replace(NOBODYS, view=None)
NOBODYS_FINISHED = a_workload().without_stamp().in_phase("Completed").seen(Ownership.UNOWNED)
NOBODYS_NAMESAKE = replace(a_workload(), name="misspelt").without_stamp().seen(Ownership.UNOWNED)
NOBODYS_ELSEWHERE = a_workload().with_metadata(projectId="p-2").without_stamp().seen(Ownership.UNOWNED)
AS_DESIRED = desired_of(NEW.built).digest
ADOPTING = {
    "what nobody owns is claimed before it is adopted": ((CLAIMED.with_spec(**UNOWNED), NOBODYS), Claim(adopts="w-1")),
    "an identical one counts as submitted from the spec": (
        (TAKING.with_spec(**UNOWNED), NOBODYS),
        Adopt("w-1", digest=AS_DESIRED),
    ),
    "another one is yet to be made what the spec says": ((TAKING.with_spec(**UNOWNED), NOBODYS, UNLIKE), Adopt("w-1")),
    "a finished one is never put, and so never run again": (
        (TAKING.with_spec(**UNOWNED), NOBODYS_FINISHED, UNLIKE),
        Adopt("w-1", digest=AS_DESIRED),
    ),
    "a claim on another one is none on this one": (
        (CLAIMED.claimed(adopts="w-0").with_spec(**UNOWNED), NOBODYS),
        Claim(adopts="w-1"),
    ),
    "a lost finalizer comes back first": (
        (TAKING.finalizer_of("other/finalizer").with_spec(**UNOWNED), NOBODYS),
        Claim(adopts="w-1"),
    ),
    "the claim keeps the rerun that was answered": (
        (a_resource().claimed(rerun_at="x").with_spec(**UNOWNED), NOBODYS),
        Claim(adopts="w-1", rerun_at="x"),
    ),
    "under IfIdentical an identical one is": ((TAKING.with_spec(**IDENTICAL), NOBODYS), Adopt("w-1", AS_DESIRED)),
    "under IfIdentical another one is not": (
        (CLAIMED.with_spec(**IDENTICAL), NOBODYS, UNLIKE),
        (Reject, Reason.NAME_CONFLICT),
    ),
    "one that became another meanwhile is not, and the claim on it is taken back": (
        (TAKING.with_spec(**IDENTICAL), NOBODYS, UNLIKE),
        Claim(),
    ),
    "under Never it is a conflict": ((CLAIMED, NOBODYS), (Reject, Reason.NAME_CONFLICT)),
    "the very one that is named is claimed at once": ((NEW.with_spec(**EXACTLY), NOBODYS, UNLIKE), Claim(adopts="w-1")),
    "the very one that is named is adopted, whatever it differs in": (
        (TAKING.with_spec(**EXACTLY), NOBODYS, UNLIKE),
        Adopt("w-1"),
    ),
    "any but the one that is named is not": (
        (CLAIMED.with_spec(adopt={"workloadId": "w-7"}), NOBODYS),
        (Reject, Reason.NAME_CONFLICT),
    ),
    "one that is named and is ours by its stamp is adopted as ours": (
        (CLAIMED.with_spec(**EXACTLY), RUNNING),
        Adopt("w-1"),
    ),
    "one that is named and is being deleted is waited for": (
        (CLAIMED.with_spec(**EXACTLY), LEAVING),
        (Wait, Reason.NAME_BUSY),
    ),
    "another's is not, though it be named": ((CLAIMED.with_spec(**EXACTLY), STRANGERS), (Reject, Reason.NAME_CONFLICT)),
    "another's is not under IfUnowned": ((CLAIMED.with_spec(**UNOWNED), STRANGERS), (Reject, Reason.NAME_CONFLICT)),
    "a claim on what another has is taken back": ((TAKING.with_spec(**UNOWNED), STRANGERS), Claim()),
    "one that was not made through V2 is not": (
        (CLAIMED.with_spec(**UNOWNED), NOT_THROUGH_V2),
        (Reject, Reason.NAME_CONFLICT),
    ),
    "one of a name that is no longer asked for is not": (
        (CLAIMED.with_spec(workloadName="b", **UNOWNED), NOBODYS),
        Claim(),
    ),
    "one of another name than was asked for is not": (
        (CLAIMED.with_spec(**EXACTLY), NOBODYS_NAMESAKE),
        (Reject, Reason.NAME_CONFLICT),
    ),
    "one of another project than was asked for is not": (
        (CLAIMED.with_spec(**EXACTLY), NOBODYS_ELSEWHERE),
        (Reject, Reason.NAME_CONFLICT),
    ),
    "one that went before it was recorded leaves a name to be claimed for a new one": (
        (TAKING.with_spec(**UNOWNED), Gone()),
        Claim(),
    ),
    "nothing is adopted once something is recorded": (
        (OURS.with_spec(**UNOWNED), NOBODYS),
        (Reject, Reason.OWNERSHIP_LOST),
    ),
    "amid a recreate a name taken by nobody's is a conflict all the same": (
        (OURS.replacing().with_spec(**UNOWNED), replace(NOBODYS, workload_id="w-9")),
        (Reject, Reason.NAME_CONFLICT),
    ),
    "deleted before it was recorded, it stays with nobody": (
        (TAKING.deleting().with_spec(**UNOWNED), NOBODYS),
        Release(),
    ),
}


@pytest.mark.parametrize("name", ADOPTING)
def test_adopting(name):
    check(ADOPTING, name)


TAKEN_OVER = TAKING.submitted().with_status(digest=None)
AS_IT_WAS = a_workload().without_stamp().edited(parallelism=9)
MAKING_IT_OURS = {
    "it is put": ((TAKEN_OVER, AS_IT_WAS.seen()), Update()),
    "it is put though the strategy is to recreate: that loses nothing": (
        (TAKEN_OVER.with_spec(**RECREATE), AS_IT_WAS.seen()),
        Update(),
    ),
    "one that could not be applied is put, too": (
        (TAKEN_OVER, AS_IT_WAS.in_sync("Failed").in_phase("Pending").seen()),
        Update(),
    ),
    "one that finished meanwhile is neither put nor run again": (
        (TAKEN_OVER, AS_IT_WAS.in_phase("Completed").seen()),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "one that finished meanwhile is run again when that is asked for": (
        (TAKEN_OVER.asked_to_rerun("x"), AS_IT_WAS.in_phase("Completed").seen()),
        Claim(replaces="w-1", rerun_at="x"),
    ),
    "what was taken over as it was, and changes later, is recreated as the strategy says": (
        (
            CHANGED.claimed(adopts="w-1").submitted(digest=AS_DESIRED).with_spec(**RECREATE),
            a_workload().without_stamp().seen(),
        ),
        Claim(replaces="w-1"),
    ),
    "a lost finalizer comes back with the claim as it was": (
        (TAKING.submitted().finalizer_of("other/finalizer"), RUNNING),
        Claim(adopts="w-1"),
    ),
}


@pytest.mark.parametrize("name", MAKING_IT_OURS)
def test_making_what_was_taken_over_what_the_spec_says(name):
    check(MAKING_IT_OURS, name)


RESTORED = a_resource(uid="restored").claimed()
RESTORING = {
    "it finds its workload by the stamp": ((RESTORED, RUNNING), Adopt("w-1")),
    "what it had taken over it takes again, whatever the policy is by now": (
        (RESTORED.claimed(adopts="w-1"), NOBODYS, UNLIKE),
        Adopt("w-1", digest=AS_DESIRED),
    ),
    "of what it never had it takes nothing": ((RESTORED.claimed(adopts="w-0"), NOBODYS), Claim()),
    "where its resource lives on in another cluster it is a conflict": (
        (RESTORED, STRANGERS),
        (Reject, Reason.NAME_CONFLICT),
    ),
    "a workload that finished and went is not run again": ((RESTORED, Gone(finished=True)), (Reject, Reason.VANISHED)),
    "nor one that nobody can tell about": ((RESTORED, Gone(finished=None)), (Reject, Reason.VANISHED)),
    "one that went unfinished is claimed anew": ((RESTORED, Gone(finished=False)), Claim()),
    "one that went unfinished stays away under Report": (
        (RESTORED.with_spec(drift={"mode": "Report"}), Gone(finished=False)),
        (Reject, Reason.VANISHED),
    ),
    "what rerun-at asked for before the backup is no wish of now": (
        (RESTORED.asked_to_rerun("old"), Gone(finished=True)),
        (Reject, Reason.VANISHED),
    ),
    "what rerun-at asks for afterwards is": (
        (
            RESTORED.with_status(observedGeneration=1, lastHandledRerunAt="old").asked_to_rerun("new"),
            Gone(finished=True),
        ),
        Claim(rerun_at="new"),
    ),
    "claimed anew it is created": ((CLAIMED, Gone(finished=False)), Create()),
    "in a Run:ai that calls its project otherwise nobody can tell either": (
        (RESTORED.claimed(project_id="p-0"), Gone()),
        (Reject, Reason.VANISHED),
    ),
    "with its status, it makes the claim its own": ((RESTORED.submitted(), RUNNING), Claim()),
    "it does so amid a recreate": ((RESTORED.replacing().submitted(), RUNNING), Claim(replaces="w-1")),
    "and of what it had taken over": (
        (RESTORED.claimed(adopts="w-1", rerun_at="x").submitted(), a_workload().without_stamp().seen()),
        Claim(adopts="w-1", rerun_at="x"),
    ),
    "but not of what is another's by now": ((RESTORED.submitted(), STRANGERS), (Reject, Reason.OWNERSHIP_LOST)),
}


@pytest.mark.parametrize("name", RESTORING)
def test_restoring(name):
    check(RESTORING, name)


UPDATING = {
    "what is equal is left alone": ((OURS, RUNNING), Nothing()),
    "what was only listed is left alone": ((OURS, a_workload().listed()), Nothing()),
    "a changed spec is put": ((CHANGED, RUNNING), Update()),
    "a changed spec is put in place under InPlace": ((CHANGED.with_spec(**IN_PLACE), RUNNING), Update()),
    "a finished one is recreated for a changed spec": ((CHANGED, COMPLETED), Claim(replaces="w-1")),
    "a failed one is recreated for a changed spec": ((CHANGED, FAILED), Claim(replaces="w-1")),
    "one that was never applied is recreated for a changed spec": (
        (CHANGED, a_workload().in_phase("Pending").in_sync("Failed").seen()),
        Claim(replaces="w-1"),
    ),
    "one that an update failed for still runs, and is put": (
        (CHANGED, a_workload().in_sync("Failed").seen()),
        Update(),
    ),
    "so is one that is pending anew after it ran": (
        (CHANGED.with_status(startedAt=LONG_AGO), a_workload().in_phase("Pending").in_sync("Failed").seen()),
        Update(),
    ),
    "one that is being applied is put": ((CHANGED, a_workload().in_sync("Applying").seen()), Update()),
    "a finished one is neither put nor run again under InPlace": (
        (CHANGED.with_spec(**IN_PLACE), COMPLETED),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "a finished one is run again under InPlace when that is asked for": (
        (CHANGED.with_spec(**IN_PLACE).asked_to_rerun("x"), COMPLETED),
        Claim(replaces="w-1", rerun_at="x"),
    ),
    "a running one is recreated under Recreate": ((CHANGED.with_spec(**RECREATE), RUNNING), Claim(replaces="w-1")),
    "a new preemptibility needs recreating": (
        (OURS.with_spec(scheduling={"preemptibility": "preemptible"}), RUNNING),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "a new mnnvl needs recreating": (
        (OURS.with_spec(scheduling={"mnnvl": "Required"}), RUNNING),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "another kind needs recreating": (
        (OURS.with_spec(manifest={"apiVersion": "batch/v1", "kind": "CronJob"}), RUNNING),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "a new mnnvl keeps what else changed from nothing": (
        (CHANGED_IN_PART, RUNNING, {"drift": DRIFT}),
        Update(),
    ),
    "nor does it under InPlace": (
        (CHANGED_IN_PART.with_spec(**IN_PLACE), RUNNING, {"drift": DRIFT}),
        Update(),
    ),
    "names that changed while it was submitted are told, for it cannot be moved": (
        (OURS.with_spec(projectName="team-b"), RENAMED),
        (Reject, Reason.INVALID_SPEC),
    ),
    "names that changed while it was submitted keep nothing else from being put": (
        (OURS.with_spec(projectName="team-b", scheduling={"priority": "high"}), RENAMED),
        Update(),
    ),
    "where drift is not looked at, what else changed cannot be told, and is put": (
        (CHANGED_IN_PART.with_spec(drift={"mode": "Ignore"}), RUNNING),
        Update(),
    ),
    "where drift is not looked at, a new mnnvl alone is not put, which would undo edits for nothing": (
        (ONLY_MNNVL.with_spec(drift={"mode": "Ignore"}), RUNNING),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "nor is it where drift is only told": (
        (ONLY_MNNVL.with_spec(drift={"mode": "Report"}), RUNNING, {"drift": DRIFT}),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "where drift is corrected, it is, beside a new mnnvl": ((ONLY_MNNVL, RUNNING, {"drift": DRIFT}), Update()),
    "once the rest is put, the new mnnvl is told": (
        (CHANGED_IN_PART, PUT),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "once the rest is put, drift is corrected all the same": (
        (CHANGED_IN_PART, PUT, {"drift": DRIFT}),
        Update(corrects=paths(DRIFT)),
    ),
    "another kind is not put to correct what differs": (
        (OURS.with_spec(manifest={"apiVersion": "batch/v1", "kind": "CronJob"}), RUNNING, {"drift": DRIFT}),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "a new mnnvl recreates a finished one": (
        (OURS.with_spec(scheduling={"mnnvl": "Required"}), COMPLETED),
        Claim(replaces="w-1"),
    ),
    "a new mnnvl is refused under InPlace though finished": (
        (OURS.with_spec(scheduling={"mnnvl": "Required"}, **IN_PLACE), COMPLETED),
        (Reject, Reason.RECREATE_REQUIRED),
    ),
    "a workload without stamp follows our record": ((OURS, a_workload().without_stamp().seen()), Nothing()),
    "a workload without stamp is put when the record is of another spec": (
        (CHANGED.submitted(digest="older"), a_workload().without_stamp().seen()),
        Update(),
    ),
    "the stamp counts before our record": ((OURS.submitted(digest="older"), RUNNING), Nothing()),
    "an unanswered update is waited out": (
        (CHANGED, RUNNING, {"unsettled": 12.0}),
        (Wait, Reason.OUTCOME_UNKNOWN),
    ),
    "an unanswered update is waited out though it looks done": (
        (OURS, RUNNING, {"unsettled": 12.0}),
        (Wait, Reason.OUTCOME_UNKNOWN),
    ),
    "another's under our id is never written to": ((CHANGED, STRANGERS), (Reject, Reason.OWNERSHIP_LOST)),
}


@pytest.mark.parametrize("name", UPDATING)
def test_updating(name):
    check(UPDATING, name)


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (
            "RecreateIfFinished",
            ["spec.scheduling.mnnvl", "spec.updateStrategy to Recreate", "wait until it has finished"],
        ),
        ("InPlace", ["spec.scheduling.mnnvl", "spec.updateStrategy to Recreate", "take the change back"]),
    ],
)
def test_what_cannot_be_put_is_named_together_with_the_mend(strategy, words):
    resource = OURS.with_spec(scheduling={"mnnvl": "Required"}, updateStrategy=strategy)
    message = decide(a_situation(resource, RUNNING)).message
    assert [word for word in words if word not in message] == []
    assert ("wait until" in message) == (strategy != "InPlace")


UNINSTALLING = {"uninstalling": True}
RECREATING = {
    "while the CRD goes the old one stays, and so does the recreate": (
        (OURS.replacing(), RUNNING, UNINSTALLING),
        (Wait, Reason.RECREATING),
    ),
    "the old one is deleted first": ((OURS.replacing(), RUNNING), Delete(Reason.RECREATING)),
    "its being deleted is waited for": ((OURS.replacing(), LEAVING), (Wait, Reason.RECREATING)),
    "its being gone permits the next": ((OURS.replacing(), Gone()), Create()),
    "the next is adopted where the answer was lost": (
        (OURS.replacing(), a_workload().called("w-2").seen()),
        Adopt("w-2"),
    ),
    "the next is not created while its outcome is open": (
        (OURS.replacing(), Unknown(Reason.OUTCOME_UNKNOWN, "open")),
        (Wait, Reason.OUTCOME_UNKNOWN),
    ),
    "a name taken meanwhile is a conflict": (
        (OURS.replacing(), replace(STRANGERS, workload_id="w-9")),
        (Reject, Reason.NAME_CONFLICT),
    ),
    "the old one turned into another's is left alone": (
        (OURS.replacing(), STRANGERS),
        (Reject, Reason.OWNERSHIP_LOST),
    ),
    "what was recreated before is settled": ((a_resource().replacing("w-0").submitted(), RUNNING), Nothing()),
    "what was recreated before can be recreated again": (
        (a_resource().replacing("w-0").submitted().with_spec(scheduling={"priority": "low"}), COMPLETED),
        Claim(replaces="w-1"),
    ),
    "the id to replace is not adopted by name either": ((a_resource().replacing("w-0"), Gone()), Create()),
}


@pytest.mark.parametrize("name", RECREATING)
def test_recreating(name):
    check(RECREATING, name)


REPORT = {"drift": {"mode": "Report"}}
IGNORE = {"drift": {"mode": "Ignore"}}
VANISHED = OURS.replacing(vanished={})
VANISHING = {
    "unfinished, it is recreated under Correct": (
        (OURS, Gone(finished=False)),
        Claim(replaces="w-1", vanished=True),
    ),
    "unfinished, it stays away under Report": ((OURS.with_spec(**REPORT), Gone(False)), (Reject, Reason.VANISHED)),
    "unfinished, it stays away under Ignore": ((OURS.with_spec(**IGNORE), Gone(False)), (Reject, Reason.VANISHED)),
    "finished, it stays away": ((OURS, Gone(finished=True)), (Reject, Reason.VANISHED)),
    "where nobody can tell, it stays away": ((OURS, Gone(finished=None)), (Reject, Reason.VANISHED)),
    "finished and asked to run again, it does": (
        (OURS.asked_to_rerun("x"), Gone(finished=True)),
        Claim(replaces="w-1", rerun_at="x", vanished=True),
    ),
    "finished and asked anew by the spec, it runs again": (
        (CHANGED, Gone(finished=True)),
        Claim(replaces="w-1", vanished=True),
    ),
    "finished and asked anew by the spec under InPlace, it stays away": (
        (CHANGED.with_spec(**IN_PLACE), Gone(finished=True)),
        (Reject, Reason.VANISHED),
    ),
    "an adopted one whose digest was never read stays away": (
        (CLAIMED.with_status(workloadId="w-1"), Gone(finished=True)),
        (Reject, Reason.VANISHED),
    ),
    "one that is being deleted past us is waited for": ((OURS, LEAVING), (Wait, Reason.DELETING)),
    "claimed to be recreated, and still gone, it is": ((VANISHED, Gone()), Create()),
    "and if the spec changes before that, it stays one that vanished": (
        (VANISHED.with_spec(scheduling={"mnnvl": "Required"}), Gone()),
        Claim(replaces="w-1", vanished=True),
    ),
    "alive again, it is not replaced any more": ((VANISHED, RUNNING), Claim()),
    "nor where it has finished meanwhile": ((VANISHED, COMPLETED), Claim()),
    "what was asked for since is not answered by that": (
        (OURS.replacing(vanished={}, rerun_at="x").asked_to_rerun("x").with_status(lastHandledRerunAt="w"), RUNNING),
        Claim(rerun_at="w"),
    ),
    "in doubt it is waited for": ((VANISHED, Unknown(Reason.OUTCOME_UNKNOWN, "open")), (Wait, Reason.OUTCOME_UNKNOWN)),
    "being deleted by others, it is waited for": ((VANISHED, LEAVING), (Wait, Reason.RECREATING)),
    "deleted meanwhile, it takes its workload along": ((VANISHED.deleting(), RUNNING), Delete(Reason.DELETING)),
    "without its finalizer it stays what it is": (
        (VANISHED.finalizer_of("other/finalizer"), Gone()),
        Claim(replaces="w-1", vanished=True),
    ),
    "of an earlier recreate it means nothing": (
        (a_resource().replacing("w-0", vanished={}).submitted(), RUNNING),
        Nothing(),
    ),
}


@pytest.mark.parametrize("name", VANISHING)
def test_a_workload_that_vanished(name):
    check(VANISHING, name)


RERUNNING = {
    "a completed one runs again": ((OURS.asked_to_rerun("x"), COMPLETED), Claim(replaces="w-1", rerun_at="x")),
    "a failed one runs again": ((OURS.asked_to_rerun("x"), FAILED), Claim(replaces="w-1", rerun_at="x")),
    "under InPlace too": (
        (OURS.with_spec(**IN_PLACE).asked_to_rerun("x"), COMPLETED),
        Claim(replaces="w-1", rerun_at="x"),
    ),
    "a running one is left alone": ((OURS.asked_to_rerun("x"), RUNNING), Nothing()),
    "a value that the claim answered is old": (
        (a_resource().claimed(rerun_at="x").submitted().asked_to_rerun("x"), COMPLETED),
        Nothing(),
    ),
    "a value that the status answered is old": (
        (OURS.asked_to_rerun("x").with_status(lastHandledRerunAt="x"), COMPLETED),
        Nothing(),
    ),
    "a later recreate keeps the value that was answered": (
        (a_resource().claimed(rerun_at="x").submitted().with_spec(**RECREATE, suspend=True), RUNNING),
        Suspend(),
    ),
    "a recreate for the spec carries the answered value on": (
        (
            a_resource()
            .claimed(rerun_at="x")
            .submitted()
            .asked_to_rerun("x")
            .with_spec(**RECREATE, scheduling={"priority": "low"}),
            RUNNING,
        ),
        Claim(replaces="w-1", rerun_at="x"),
    ),
}


@pytest.mark.parametrize("name", RERUNNING)
def test_running_again(name):
    check(RERUNNING, name)


DRIFTING = {
    "it is undone under Correct": ((OURS, RUNNING, {"drift": DRIFT}), Update(corrects=paths(DRIFT))),
    "it is left under Report": ((OURS.with_spec(**REPORT), RUNNING, {"drift": DRIFT}), Nothing()),
    "one that survived a PUT is not fought": ((OURS, RUNNING, {"drift": DRIFT, "corrected": True}), Nothing()),
    "a finished one is not put, which might run it again": ((OURS, COMPLETED, {"drift": DRIFT}), Nothing()),
    "one that no PUT can undo is left": ((OURS, RUNNING, {"drift": FIXED_DRIFT}), Nothing()),
    "one of several that a PUT can undo is undone": (
        (OURS, RUNNING, {"drift": (*FIXED_DRIFT, *DRIFT)}),
        Update(corrects=paths((*FIXED_DRIFT, *DRIFT))),
    ),
    "a changed spec goes first": ((CHANGED, RUNNING, {"drift": DRIFT}), Update()),
    "an unanswered update is waited out first": (
        (OURS, RUNNING, {"drift": DRIFT, "unsettled": 1.0}),
        (Wait, Reason.OUTCOME_UNKNOWN),
    ),
}


@pytest.mark.parametrize("name", DRIFTING)
def test_drift(name):
    check(DRIFTING, name)


def test_one_drift_is_told_from_another_by_where_it_is():
    others = [
        DRIFT,
        (Difference("/manifest/spec/completions", 1, 5),),
        FIXED_DRIFT,
        (*FIXED_DRIFT, *DRIFT),
    ]
    assert len({paths(drift) for drift in others}) == len(others)
    assert paths(DRIFT) == paths((Difference("/manifest/spec/parallelism", 2, 6),))


STOPPED = a_workload().stopped().seen()
ASKED_TO_STOP = OURS.with_spec(suspend=True)
ASKED_TO_RUN = OURS.with_spec(suspend=False)
SUSPENDING = {
    "a running one is stopped": ((ASKED_TO_STOP, RUNNING), Suspend()),
    "a stopped one stays so": ((ASKED_TO_STOP, STOPPED), Nothing()),
    "one that is stopping needs no second word": (
        (ASKED_TO_STOP, replace(a_workload().stopped(), phase="Stopping").seen()),
        Nothing(),
    ),
    "a stopped one is resumed": ((ASKED_TO_RUN, STOPPED), Resume()),
    "a running one goes on": ((ASKED_TO_RUN, RUNNING), Nothing()),
    "unset leaves a stop in Run:ai alone": ((OURS, STOPPED), Nothing()),
    "a completed one is not stopped": ((ASKED_TO_STOP, COMPLETED), Nothing()),
    "one that is not applied yet is not stopped": (
        (ASKED_TO_STOP, a_workload().in_sync("Applying").seen()),
        Nothing(),
    ),
    "a row may be older than our own request: only a fresh view is acted on": (
        (ASKED_TO_RUN, a_workload().in_phase("Stopped").listed()),
        Nothing(),
    ),
    "stopping goes before a spec that may be refused": (
        (CHANGED.with_spec(suspend=True), RUNNING),
        Suspend(),
    ),
    "a changed spec goes before resuming": ((CHANGED.with_spec(suspend=False), STOPPED), Update()),
    "what was asked for a moment ago is waited for": (
        (ASKED_TO_STOP, RUNNING, {"asked": True}),
        (Wait, Reason.STOPPING),
    ),
    "so is a resuming": ((ASKED_TO_RUN, STOPPED, {"asked": False}), (Wait, Reason.STARTING)),
    "the opposite of what was asked for is asked for": (
        (ASKED_TO_RUN, STOPPED, {"asked": True}),
        Resume(),
    ),
    "what was asked for a moment ago keeps no changed spec waiting": (
        (CHANGED.with_spec(suspend=True), RUNNING, {"asked": True}),
        Update(),
    ),
}


@pytest.mark.parametrize("name", SUSPENDING)
def test_suspending(name):
    check(SUSPENDING, name)


GOING = OURS.deleting()
DELETING = {
    "the workload is deleted first": ((GOING, RUNNING), Delete(Reason.DELETING)),
    "one without stamp under the recorded id is deleted": (
        (GOING, a_workload().without_stamp().seen()),
        Delete(Reason.DELETING),
    ),
    "its being deleted is waited for": ((GOING, LEAVING), (Wait, Reason.DELETING)),
    "its being gone lets go": ((GOING, Gone()), Release()),
    "in doubt it waits": ((GOING, BLIND), (Wait, Reason.RUNAI_UNAVAILABLE)),
    "another's under the recorded id is never touched": ((GOING, STRANGERS), (Reject, Reason.OWNERSHIP_LOST)),
    "another's of the same name does not hold it": ((CLAIMED.deleting(), STRANGERS), Release()),
    "nobody's of the same name does not hold it": ((CLAIMED.deleting(), NOBODYS), Release()),
    "a claimed one is found by name and deleted": ((CLAIMED.deleting(), RUNNING), Delete(Reason.DELETING)),
    "a claimed one that is not there lets go": ((CLAIMED.deleting(), Gone()), Release()),
    "a claimed one whose create is open waits": (
        (CLAIMED.deleting(), Unknown(Reason.OUTCOME_UNKNOWN, "open")),
        (Wait, Reason.OUTCOME_UNKNOWN),
    ),
    "one whose claim was lost is in doubt": (
        (NEW.finalizer_of("runai-operator.io/workload").deleting(), BLIND),
        (Wait, Reason.RUNAI_UNAVAILABLE),
    ),
    "one that was never claimed is none of ours": (
        (NEW.finalizer_of("other/finalizer").deleting(), BLIND),
        Nothing(),
    ),
    "Orphan lets go at once": ((GOING.orphaned(), BLIND), Release()),
    "release lets go at once": ((GOING.released(), STRANGERS), Release()),
    "without our finalizer the workload is deleted all the same": (
        (GOING.finalizer_of("other/finalizer"), RUNNING),
        Delete(Reason.DELETING),
    ),
    "without our finalizer there is nothing to let go of": ((GOING.finalizer_of("other/finalizer"), Gone()), Nothing()),
    "without our finalizer Orphan leaves the workload": (
        (GOING.finalizer_of("other/finalizer").orphaned(), RUNNING),
        Nothing(),
    ),
    "amid a recreate the new one is deleted": (
        (GOING.replacing(), a_workload().called("w-2").seen()),
        Delete(Reason.DELETING),
    ),
    "amid a recreate another's of the same name does not hold it": (
        (GOING.replacing(), replace(STRANGERS, workload_id="w-9")),
        Release(),
    ),
    "amid a recreate the old one is deleted": ((GOING.replacing(), RUNNING), Delete(Reason.DELETING)),
    "while its CRD goes it is let go of, whatever becomes of the workload": (
        (GOING, BLIND, UNINSTALLING),
        Release(),
    ),
    "while its CRD goes there is nothing to let go of without our finalizer": (
        (GOING.finalizer_of("other/finalizer"), RUNNING, UNINSTALLING),
        Nothing(),
    ),
    "while its CRD goes it is paused all the same": ((GOING.paused(), RUNNING, UNINSTALLING), Nothing()),
}


@pytest.mark.parametrize("name", DELETING)
def test_deleting(name):
    check(DELETING, name)


@pytest.mark.parametrize("resource", [NEW, CLAIMED, CHANGED, GOING, GOING.released(), OURS.replacing()])
@pytest.mark.parametrize("observed", [RUNNING, Gone(), LEAVING, BLIND, STRANGERS])
def test_hands_are_kept_off_what_is_paused(resource, observed):
    assert decide(a_situation(resource.paused(), observed)) == Nothing()


def test_paused_is_only_what_says_true():
    assert decide(a_situation(CLAIMED.annotated(paused="false"), Gone())) == Create()
