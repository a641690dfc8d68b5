import pytest

from runai_operator.api.conditions import Condition, drop_condition, set_condition

EARLIER, NOW = "2026-11-21T14:00:00Z", "2026-11-21T15:00:00Z"


def a_condition(kind: str = "Ready", status: str = "True", reason: str = "Running", **rest) -> Condition:
    return Condition(type=kind, status=status, reason=reason, last_transition_time=EARLIER, **rest)


@pytest.mark.parametrize(
    ("old", "new", "since"),
    [
        pytest.param(a_condition(), a_condition(reason="Completed"), EARLIER, id="same status, other reason"),
        pytest.param(
            a_condition(), a_condition(message="more", observed_generation=2), EARLIER, id="message, generation"
        ),
        pytest.param(a_condition(), a_condition(status="False"), NOW, id="other status"),
        pytest.param(a_condition("Synced"), a_condition(), NOW, id="not told before"),
    ],
)
def test_the_transition_time_moves_only_with_the_status(old, new, since):
    told = {each.type: each for each in set_condition([old], new, NOW)}[new.type]
    assert told == new.model_copy(update={"last_transition_time": since})


def test_a_condition_keeps_its_place_and_the_others_are_left_alone():
    conditions = (a_condition("Ready"), a_condition("Synced"))
    changed = set_condition(conditions, a_condition("Ready", "False"), NOW)
    assert [each.type for each in changed] == ["Ready", "Synced"]
    assert changed[1] is conditions[1]


def test_saying_the_same_again_changes_nothing():
    conditions = (a_condition("Ready"), a_condition("Synced"))
    assert set_condition(conditions, a_condition("Synced"), NOW) == conditions


def test_a_condition_that_no_longer_holds_is_dropped():
    assert drop_condition([a_condition("Ready"), a_condition("Stalled")], "Stalled") == (a_condition("Ready"),)


def test_a_message_too_long_for_the_api_server_is_cut():
    assert len(a_condition(message="x" * 5000).message) == 4096
