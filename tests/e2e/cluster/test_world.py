"""What the chapters compare."""

from .world import moved


def test_what_came_went_or_changed_is_told_by_name() -> None:
    before = {"stays": 1, "changes": 1, "goes": 1}
    assert moved(before, {"stays": 1, "changes": 2, "comes": 1}) == ["changes", "comes", "goes"]
