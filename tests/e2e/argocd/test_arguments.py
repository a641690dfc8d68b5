"""What is played, and what is refused before anything is started."""

from pathlib import Path

import pytest

from tests.e2e.argocd.__main__ import BUILDS_ON, CHAPTERS, arguments, to_play


def test_chapters_are_played_in_their_order_whatever_the_order_in_which_they_are_named() -> None:
    assert to_play(["drift", "waves"]) == ["waves", "drift"]


def test_a_chapter_brings_along_what_it_looks_at() -> None:
    assert to_play(["quiet"]) == ["drift", "many", "quiet"]
    assert to_play(CHAPTERS) == [*CHAPTERS]


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_a_chapter_builds_on_is_played_before_it(name: str) -> None:
    played = to_play([name])
    assert played[-1] == name
    assert all({*BUILDS_ON.get(each, [])} <= {*played[:place]} for place, each in enumerate(played))


def test_a_kit_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["--kit", str(tmp_path / "none.yaml")])
    assert "none.yaml is no file" in capsys.readouterr().err


def test_a_folder_that_holds_another_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stage").mkdir()
    with pytest.raises(SystemExit):
        arguments(["--folder", str(tmp_path)])
    assert "is not empty" in capsys.readouterr().err
