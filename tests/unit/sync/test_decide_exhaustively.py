"""What holds for every combination of what a decision looks at.

The living and the deleted are two products: what is asked for by deletionPolicy and release counts for nothing before
the deletion, and the spec for nothing after; tests of their own say so.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import get_args

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.runai.models import ActionsSupport
from runai_operator.sync.actions import (
    Action,
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
from runai_operator.sync.decide import POLICIES, decide
from runai_operator.sync.names import Names
from runai_operator.sync.policies.following import fixed_changes
from runai_operator.sync.situation import Gone, Leaving, Observed, Ownership, Present, Situation, Unknown
from tests.unit.sync.builders import (
    DESIRED,
    NAME,
    PROJECT,
    PROJECT_ID,
    STRANGER,
    WORKLOAD_ID,
    AResource,
    AWorkload,
    a_resource,
    a_situation,
    a_spec,
    a_workload,
)

WRITES = Create | Update | Delete | Suspend | Resume
STRATEGIES = ("InPlace", "RecreateIfFinished", "Recreate")
DRIFT = (Difference("/manifest/spec/parallelism", 1, 5),)
FIXED_DRIFT = (Difference("/scheduling/mnnvl", "Required", None),)
DRIFTS = ((), DRIFT, FIXED_DRIFT)
OTHER_ID = "w-2"


def variants(*steps: Callable[[AResource], AResource]) -> Iterator[Callable[[AResource], AResource]]:
    yield lambda resource: resource
    yield from steps


FINALIZED = (lambda r: r, lambda r: r.finalizer_of("other/finalizer"))
CLAIMS = tuple(
    variants(
        lambda r: r.claimed(),
        lambda r: r.replacing(WORKLOAD_ID),
        lambda r: r.replacing(WORKLOAD_ID, vanished={}),
        lambda r: r.replacing("w-0"),
        lambda r: r.claimed(workload_name="misspelt"),
        lambda r: r.claimed(fixed={"preemptibility": None, "mnnvl": "Required"}),
    )
)
RECORDS = tuple(
    variants(
        lambda r: r.submitted(),
        lambda r: r.submitted(digest="older"),
        lambda r: r.submitted().with_status(digest=None),
    )
)
RERUNS = tuple(variants(lambda r: r.asked_to_rerun()))


def resources(*dimensions: tuple[Callable[[AResource], AResource], ...]) -> list[AResource]:
    made = []
    for steps in product(*dimensions):
        resource = a_resource()
        for step in steps:
            resource = step(resource)
        made.append(resource)
    return made


def workloads() -> Iterator[AWorkload]:
    stamps = (
        lambda each: each,
        lambda each: each.of_another_digest(),
        lambda each: each.without_stamp(),
    )
    phases = ("Running", "Completed", "Stopped", "Pending")
    for phase, sync, stamp in product(phases, ("Synced", "Failed", "Applying"), stamps):
        yield stamp(replace(a_workload(), phase=phase, sync_status=sync))
    yield a_workload().stopped()


def observations() -> Iterator[Observed]:
    yield from (each.seen() for each in workloads())
    yield from (a_workload().in_phase(phase).listed() for phase in ("Running", "Completed", "Stopped"))
    yield a_workload().called(OTHER_ID).seen()
    for workload_id in (WORKLOAD_ID, OTHER_ID):
        for phase in ("Running", "Completed"):
            other = a_workload().called(workload_id).in_phase(phase)
            yield other.of(STRANGER).seen(Ownership.ANOTHERS, owner="somebody")
            yield other.without_stamp().seen(Ownership.UNOWNED, owner="nobody")
        yield Leaving(workload_id)
    yield from (Gone(finished=finished) for finished in (True, False, None))
    yield from (Gone(finished=finished, unseen=a_workload().called(OTHER_ID).row()) for finished in (True, False))
    yield Unknown(Reason.RUNAI_UNAVAILABLE, "no answer")
    yield Unknown(Reason.OUTCOME_UNKNOWN, "open", after=5)


OBSERVATIONS = tuple(observations())
SPECS = tuple(
    a_spec(updateStrategy=strategy, drift={"mode": mode}, **({} if suspend is None else {"suspend": suspend}))
    for strategy, mode, suspend in product(STRATEGIES, ("Correct", "Report", "Ignore"), (None, True, False))
)
NAMES = Names(NAME, PROJECT_ID, PROJECT)


def reachable(situation: Situation) -> bool:
    """What observing can come to: a name is looked up for what has no id or is replaced, never the replaced one; and
    in place of a recorded one, where only what is ours counts, and what may be ours where it is let go of. What ran
    unseen is looked for where a create may have been sent unseen."""
    resource, found = situation.resource, getattr(situation.observed, "workload_id", None)
    if getattr(situation.observed, "unseen", None) is not None:
        sent_unseen = resource.claim is not None and (resource.workload_id is None or resource.replacing)
        return not resource.deleting and situation.in_doubt is None and (sent_unseen or resource.restored)
    if isinstance(situation.observed, Gone) and situation.in_doubt is not None:  # by its name none is gone in doubt
        return resource.workload_id is not None and not resource.replacing
    if found is None or found == resource.workload_id:
        return True
    let_go = resource.deleting and isinstance(situation.observed, Leaving)
    by_name = resource.workload_id is None or resource.replacing or situation.in_its_place or let_go
    return by_name and not (resource.claim and resource.claim.replaces == found)


def the_living(made: list[AResource]) -> Iterator[Situation]:
    built = [each.built for each in made]
    for resource, observed, spec in product(built, OBSERVATIONS, SPECS):
        first = Situation(resource, observed, spec, DESIRED, NAMES)
        if not reachable(first):
            continue
        if not isinstance(observed, Present) or observed.view is None:
            yield first
            yield from filter(reachable, [replace(first, in_doubt=5.0)])
            continue
        for drift, corrected in product(DRIFTS, (False, True)):
            if spec.drift.mode != "Ignore" or not drift:
                yield Situation(resource, observed, spec, DESIRED, NAMES, None, drift, corrected and bool(drift))
        yield Situation(resource, observed, spec, DESIRED, NAMES, None, DRIFT, unsettled=5.0)
        yield Situation(resource, observed, spec, DESIRED, NAMES, in_doubt=5.0)
        if resource.replacing:
            yield Situation(resource, observed, spec, DESIRED, NAMES, uninstalling=True)


Rules = Callable[[Situation, Action], Iterator[tuple[str, bool]]]


@dataclass(frozen=True)
class Broken:
    rule: str
    situation: Situation
    action: Action


def rules(situation: Situation, action: Action) -> Iterator[tuple[str, bool]]:
    """Every promise, and whether it is kept here."""
    resource, observed, spec = situation.resource, situation.observed, situation.spec
    blind = isinstance(observed, Unknown)
    anothers = isinstance(observed, Present) and observed.ownership is not Ownership.OURS
    yield "it is one of the actions", isinstance(action, get_args(Action))
    taken_back = resource.workload_id is not None and (resource.claim is None or not resource.finalized)
    in_doubt = isinstance(action, WRITES | Adopt) or (isinstance(action, Claim) and not taken_back)
    yield "nothing is written in doubt", not (blind and in_doubt)
    yield "another's workload is never written to", not (anothers and isinstance(action, WRITES))
    if isinstance(action, Adopt):
        yield "only what is ours, or may be taken over, is adopted", not anothers or may_be_taken_over(situation)
        yield "what is taken over was claimed before", not anothers or resource.claim.adopts == action.workload_id
    if isinstance(action, Claim) and action.adopts is not None:
        carried = resource.claim is not None and resource.claim.adopts == action.adopts and not resource.finalized
        yield "only what may be taken over is claimed for it", carried or may_be_taken_over(situation)
    unseen = isinstance(observed, Gone) and observed.unseen is not None
    yield "what ran unseen is recorded before anything is sent", not (unseen and isinstance(action, WRITES))
    yield "create only what is gone", not isinstance(action, Create) or isinstance(observed, Gone)
    yield (
        "update, suspend and resume only what is there",
        not isinstance(action, Update | Suspend | Resume | Delete | Adopt) or isinstance(observed, Present),
    )
    yield "what is being replaced is never adopted", action != Adopt(resource.claim.replaces if resource.claim else "")
    yield (
        "only the claimed one is written to",
        not isinstance(action, WRITES) or resource.claim is not None or (resource.deleting),
    )
    spoken_for = resource.finalized or (resource.deleting and isinstance(action, Delete))
    yield "only what carries our finalizer is written to", not isinstance(action, WRITES) or spoken_for
    if resource.deleting:
        yield "only what carries our finalizer is let go of", not isinstance(action, Release) or resource.finalized
        kept = (resource.orphaned or resource.released or situation.uninstalling) and isinstance(action, Delete)
        yield "what is to be left is not deleted", not kept
        yield "a deleted one is only let go", isinstance(action, Release | Delete | Wait | Reject | Nothing)
        return
    yield "what lives is not let go of", not isinstance(action, Release)
    yield "nothing is deleted while its CRD goes", not (situation.uninstalling and isinstance(action, Delete))
    yield (
        "delete only to recreate what is claimed to be replaced",
        not isinstance(action, Delete) or (resource.replacing and observed.workload_id == resource.workload_id),
    )
    yield "what had vanished is not deleted", not (resource.replacing_what_vanished and isinstance(action, Delete))
    if isinstance(action, Claim) and action.replaces is not None:
        claim = resource.claim
        carried = claim is not None and claim.replaces == action.replaces and not resource.finalized
        yield "only the recorded one is replaced", carried or action.replaces == resource.workload_id
        yield "a recreate has a cause", carried or has_cause(situation)
    if isinstance(action, Claim) and situation.in_doubt is not None and resource.claim is not None:
        names = situation.names
        same = resource.claim.run == (names.workload, names.project_id, action.replaces)
        restores = resource.workload_id is not None and action.replaces in (resource.claim.replaces, None)
        yield "no other run is claimed while a create may be on its way", same or situation.in_its_place or restores
    if situation.in_its_place:
        yield "what took its place is recorded before it is written to", not isinstance(action, WRITES)
        yield "what took its place is recorded as such", not isinstance(action, Adopt) or resource.replacing
    if isinstance(action, Create) and resource.workload_id is not None:
        yield "a recorded one is only created anew where the claim replaces it", resource.replacing
    if isinstance(action, Update):
        yield "no second PUT for the same drift", situation.spec_changed or not situation.corrected
        yield (
            "no PUT that makes another kind",
            not {"manifest.kind", "manifest.apiVersion"} & {*fixed_changes(situation)},
        )
        yield "drift is undone only under Correct", situation.spec_changed or spec.drift.mode == "Correct"
        yield "no PUT while another is open", not situation.unsettled
    if isinstance(action, Suspend | Resume):
        yield "suspend as the spec says", spec.suspend is isinstance(action, Suspend)
        yield "what has finished is neither suspended nor resumed", not observed.finished


def may_be_taken_over(situation: Situation) -> bool:
    """By design.md: nobody's, made through V2, of the names that are asked for, and as spec.adopt says."""
    resource, observed, adopt = situation.resource, situation.observed, situation.spec.adopt
    if resource.workload_id is not None or observed.ownership is not Ownership.UNOWNED or observed.view is None:
        return False
    if adopt.workload_id is not None:
        return observed.workload_id == adopt.workload_id
    before = resource.claim is not None and resource.claim.uid != resource.uid and resource.claim.adopts is not None
    if before and resource.claim.adopts == observed.workload_id:
        return True
    return adopt.policy == "IfUnowned" or (adopt.policy == "IfIdentical" and not situation.unlike)


def has_cause(situation: Situation) -> bool:
    """Asked to run again; vanished unfinished under Correct; or another spec, by a strategy that recreates. What was
    only taken over so far has no spec of its own that another could follow."""
    resource, observed, spec = situation.resource, situation.observed, situation.spec
    if situation.in_its_place:  # the cause was there, and the claim that told of it was lost
        return True
    if resource.rerun_asked and (isinstance(observed, Gone) or (isinstance(observed, Present) and observed.finished)):
        return True
    if isinstance(observed, Gone):
        corrects = observed.finished is False and spec.drift.mode == "Correct"
        return corrects or (situation.spec_changed and spec.update_strategy != "InPlace")
    if situation.submitted_digest is None:
        return False
    if spec.update_strategy == "InPlace" or not (situation.spec_changed or fixed_changes(situation)):
        return False
    never_ran = observed.sync_status == "Failed" and observed.row is not None and observed.row.phase == "Pending"
    return spec.update_strategy == "Recreate" or observed.finished or never_ran


def broken(situations: Iterator[Situation], *promises: Rules) -> tuple[int, list[Broken]]:
    count, found = 0, []
    for situation in situations:
        count += 1
        action = decide(situation)
        for each in promises or (rules,):
            found += [Broken(rule, situation, action) for rule, kept in each(situation, action) if not kept]
    return count, found


CLAIM_NAMES = (
    "no claim",
    "plain",
    "replacing",
    "replacing the vanished",
    "replaced before",
    "of another name",
    "of another mnnvl",
)


@pytest.mark.parametrize("claim", CLAIMS, ids=CLAIM_NAMES)
def test_every_promise_is_kept_for_whatever_lives(claim):
    count, found = broken(the_living(resources((claim,), FINALIZED, RECORDS, RERUNS)))
    assert count > 10_000
    assert found[:3] == []


ADOPTIONS = ({}, {"policy": "IfUnowned"}, {"policy": "IfIdentical"}, {"workloadId": WORKLOAD_ID}, {"workloadId": "w-7"})


def the_adopting() -> Iterator[Situation]:
    """Nothing recorded yet; every claim, also one that came out of a backup, on every workload that is found."""
    claims = (*CLAIMS, lambda r: r.claimed(adopts=WORKLOAD_ID), lambda r: r.claimed(adopts="w-0"))
    restored = tuple(variants(lambda r: r.with_metadata(uid="restored")))
    told = tuple(variants(lambda r: r.with_status(observedGeneration=1)))
    specs = [
        a_spec(adopt=adopt, drift={"mode": mode}) for adopt, mode in product(ADOPTIONS, ("Correct", "Report", "Ignore"))
    ]
    for made in resources(claims, FINALIZED, restored, told, RERUNS):
        for observed, spec, unlike in product(OBSERVATIONS, specs, ((), ("/manifest/spec/parallelism",))):
            situation = Situation(made.built, observed, spec, DESIRED, NAMES, unlike=unlike)
            yield from filter(reachable, [situation, replace(situation, in_doubt=5.0)])


def rules_of_adoption(situation: Situation, action: Action) -> Iterator[tuple[str, bool]]:
    resource, observed = situation.resource, situation.observed
    if isinstance(action, Adopt) and observed.ownership is not Ownership.OURS:
        left_alone = not situation.unlike or observed.finished or resource.restored
        expected = DESIRED.digest if left_alone else None
        yield "what is taken over is put later exactly where that runs nothing again", action.digest == expected
    if resource.restored and isinstance(observed, Gone) and observed.finished is not False:
        creates = isinstance(action, Create) or (isinstance(action, Claim) and resource.finalized)
        yield "what was restored is not run again uncalled", bool(resource.rerun_asked) or not creates


def test_every_promise_is_kept_for_whatever_is_taken_over_or_restored():
    count, found = broken(the_adopting(), rules, rules_of_adoption)
    assert count > 10_000
    assert found[:3] == []


def the_deleted() -> Iterator[Situation]:
    flags = (
        tuple(variants(lambda r: r.released())),
        tuple(variants(lambda r: r.orphaned())),
    )
    finalizers = (*FINALIZED, lambda r: r.finalizer_of("runai-operator.io/workload"))
    for made in resources((lambda r: r.deleting(),), CLAIMS, finalizers, RECORDS, RERUNS, *flags):
        for observed in OBSERVATIONS:
            situation = Situation(made.built, observed)
            if reachable(situation):
                yield situation
                yield replace(situation, uninstalling=True)


def test_every_promise_is_kept_for_whatever_is_being_deleted():
    count, found = broken(the_deleted())
    assert count > 10_000
    assert found[:3] == []


def test_what_is_being_deleted_is_let_go_of_exactly_when_nothing_is_left_behind():
    for situation in the_deleted():
        resource, observed = situation.resource, situation.observed
        ours_is_away = isinstance(observed, Gone) or (
            isinstance(observed, Present)
            and observed.ownership is not Ownership.OURS
            and observed.workload_id != resource.workload_id
        )
        permitted = resource.released or resource.orphaned or situation.uninstalling or ours_is_away
        assert (decide(situation) == Release()) == (resource.finalized and permitted), situation


def test_what_is_being_deleted_and_still_ours_is_deleted_by_the_id_that_was_seen():
    for situation in the_deleted():
        resource, observed = situation.resource, situation.observed
        if not isinstance(observed, Present) or observed.ownership is not Ownership.OURS:
            continue
        unknown = resource.workload_id is None and resource.claim is None and not resource.finalized
        if resource.released or resource.orphaned or situation.uninstalling or unknown:
            continue
        assert decide(situation) == Delete(Reason.DELETING), situation


@pytest.mark.parametrize("deleting", [False, True])
def test_nothing_at_all_is_done_to_what_is_paused(deleting):
    made = resources((lambda r: r.paused(),), CLAIMS, FINALIZED, RECORDS, RERUNS)
    for resource, observed, drift in product(made, OBSERVATIONS, DRIFTS):
        built = resource.deleting().built if deleting else resource.built
        for spec in SPECS:
            assert decide(Situation(built, observed, spec, DESIRED, NAMES, None, drift)) == Nothing()


def test_a_finished_workload_that_vanished_runs_again_only_when_somebody_asks():
    """From the first look to the last step: neither created, nor claimed to be replaced."""
    for situation in the_living(resources((lambda r: r.claimed(),), RECORDS)):
        observed = situation.observed
        if not isinstance(observed, Gone) or observed.finished is False or situation.resource.workload_id is None:
            continue
        asked = situation.spec_changed and situation.spec.update_strategy != "InPlace"
        told = Claim if situation.in_doubt is None else Wait
        assert (decide(situation).__class__ is told) == asked, situation
        assert asked or decide(situation).reason is Reason.VANISHED


def test_under_inplace_only_a_rerun_or_a_correction_recreates():
    for situation in the_living(resources((lambda r: r.claimed(),), RECORDS, RERUNS)):
        action = decide(situation)
        if situation.spec.update_strategy != "InPlace" or not isinstance(action, Claim) or action.replaces is None:
            continue
        corrected = situation.observed == Gone(finished=False) and situation.spec.drift.mode == "Correct"
        assert action.rerun_at or corrected or situation.in_its_place, situation


def test_a_problem_stops_everything_but_a_deletion():
    problem = (Reason.ACCESS_DENIED, "no rule")
    for resource, observed in product(resources(CLAIMS, FINALIZED, RECORDS, RERUNS), OBSERVATIONS):
        situation = Situation(resource.built, observed, problem=problem)
        recorded = situation.resource.workload_id is not None
        if recorded and not (situation.resource.claim and situation.resource.finalized):
            assert isinstance(decide(situation), Claim), "what was taken away comes back first"
        else:
            assert decide(situation) == Reject(*problem)
        going = Situation(resource.deleting().built, observed)
        assert decide(replace(going, problem=problem)) == decide(going)


def test_release_and_orphan_mean_nothing_before_the_deletion():
    for situation in sampled(the_living(resources(CLAIMS, RECORDS)), seed=1):
        resource = AResource(situation.resource.body).released().orphaned().built
        assert decide(replace(situation, resource=resource)) == decide(situation)


def test_the_spec_means_nothing_after_the_deletion():
    chance = random.Random(2)
    for situation in sampled(the_deleted(), seed=2):
        spec, drift = chance.choice(SPECS), chance.choice(DRIFTS)
        told = replace(situation, spec=spec, desired=DESIRED, names=NAMES, drift=drift, unsettled=5.0)
        assert decide(told) == decide(situation)


def test_a_claim_is_followed_by_something_else_than_a_claim():
    """So that one reconcile can claim and go on: the same look, after the claim was written, claims no more."""
    for situation in sampled(the_living(resources(CLAIMS, FINALIZED, RECORDS, RERUNS)), seed=3):
        action = decide(situation)
        if not isinstance(action, Claim):
            continue
        changes = {"replaces": action.replaces, "rerun_at": action.rerun_at}
        after = replace(situation, resource=AResource(situation.resource.body).claimed(**changes).built)
        if after.resource.workload_id is not None and not after.resource.replacing:
            continue  # a lost claim or finalizer comes back first; whether to recreate is for the next round
        assert not isinstance(decide(after), Claim), situation


NOBODYS = a_workload().without_stamp().seen(Ownership.UNOWNED)
A_SERVICE = a_resource().claimed().submitted()
CANNOT_BE_SUSPENDED = a_workload().row().model_copy(update={"actions_support": ActionsSupport(suspend=False)})


def test_every_action_and_every_policy_is_reached():
    situations = [*sampled(the_living(resources(CLAIMS, FINALIZED, RECORDS, RERUNS)), seed=4), *the_deleted()]
    assert {type(decide(each)) for each in situations} == set(get_args(Action))
    paused = Situation(a_resource().paused().built, Gone())
    stopped = Situation(a_resource().built, Gone(), problem=(Reason.INVALID_SPEC, ""))
    asked = a_situation(A_SERVICE.with_spec(suspend=True), a_workload().seen(), asked=True)
    renamed = a_situation(a_resource().claimed(project_name="team-b").submitted(), a_workload().seen())
    fixed_to = a_situation(A_SERVICE.with_spec(suspend=True), replace(a_workload().seen(), row=CANNOT_BE_SUSPENDED))
    adopting = a_situation(a_resource().with_spec(adopt={"policy": "IfUnowned"}).claimed(), NOBODYS)
    unjudged = a_situation(A_SERVICE, a_workload().seen(), unjudged="no answer")
    told = (paused, stopped, asked, renamed, fixed_to, adopting, unjudged)
    deciding = {next(policy for policy in POLICIES if policy(each) is not None) for each in (*situations, *told)}
    assert set(POLICIES) - deciding == set()


def sampled(situations: Iterator[Situation], *, seed: int, share: float = 0.05) -> Iterator[Situation]:
    chance = random.Random(seed)
    return (each for each in situations if chance.random() < share)
