"""What to do next for one resource: pure, a chain of policies of which the first with an opinion wins.

The order is the documentation: what is being deleted first, then what forbids acting, then what must be known, then
what must exist, and only at the end what may be corrected.
"""

from __future__ import annotations

from collections.abc import Callable

from runai_operator.sync.actions import Action
from runai_operator.sync.policies.adopting import adopt_what_nobody_owns
from runai_operator.sync.policies.claiming import (
    claim_again_what_took_its_place,
    claim_before_the_first_write,
    refuse_what_a_person_must_mend,
    take_back_what_was_replaced,
    wait_while_the_outcome_is_unknown,
)
from runai_operator.sync.policies.deleting import (
    delete_before_letting_go,
    keep_hands_off_what_is_paused,
    let_go_of_what_leaves_nothing_behind,
)
from runai_operator.sync.policies.following import (
    correct_what_drifted,
    follow_the_spec,
    let_an_unanswered_update_settle,
    resume_what_should_run,
    settle,
    suspend_before_all_else,
    tell_what_cannot_be_suspended,
    tell_what_only_a_new_workload_can_take,
    tell_what_was_renamed_too_late,
    wait_for_what_was_asked,
    wait_until_an_update_can_be_judged,
)
from runai_operator.sync.policies.submitting import (
    create_what_was_never_there,
    finish_what_is_being_recreated,
    leave_alone_what_is_anothers,
    record_what_ran_unseen,
    recreate_what_vanished,
    run_again_what_was_asked_to,
)
from runai_operator.sync.situation import Situation

Policy = Callable[[Situation], Action | None]

POLICIES: tuple[Policy, ...] = (
    keep_hands_off_what_is_paused,
    let_go_of_what_leaves_nothing_behind,
    delete_before_letting_go,
    take_back_what_was_replaced,
    refuse_what_a_person_must_mend,
    wait_while_the_outcome_is_unknown,
    claim_again_what_took_its_place,
    adopt_what_nobody_owns,
    claim_before_the_first_write,
    record_what_ran_unseen,
    finish_what_is_being_recreated,
    leave_alone_what_is_anothers,
    create_what_was_never_there,
    recreate_what_vanished,
    run_again_what_was_asked_to,
    let_an_unanswered_update_settle,
    suspend_before_all_else,
    follow_the_spec,
    correct_what_drifted,
    resume_what_should_run,
    wait_until_an_update_can_be_judged,
    tell_what_only_a_new_workload_can_take,
    tell_what_was_renamed_too_late,
    tell_what_cannot_be_suspended,
    wait_for_what_was_asked,
    settle,
)


def decide(situation: Situation) -> Action:
    """The next action; the first policy with an opinion wins."""
    return next(action for policy in POLICIES if (action := policy(situation)) is not None)
