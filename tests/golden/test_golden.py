"""What earlier versions left behind: what was settled is not touched, and what was under way goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from runai_operator.sync.claim import VERSION as CLAIM_VERSION
from runai_operator.sync.stamp import VERSION as STAMP_VERSION
from tests.golden.replay import Kept
from tests.golden.stories import STORIES
from tests.unit.sync.fakes import WINDOW

FOLDERS = sorted(each for each in Path(__file__).parent.iterdir() if each.is_dir() and each.name.startswith("v"))
FILES = [file for folder in FOLDERS for file in sorted(folder.iterdir())]
NEXT = {"creates": "POST /api/v2/workloads", "deletes": "DELETE /api/v2/workloads/{id}"}
ROUNDS = 4


def of(*then: str) -> list[object]:
    found = [file for file in FILES if Kept(file).then in then]
    assert found
    return [pytest.param(file, id=f"{file.parent.name}/{file.stem}") for file in found]


@pytest.mark.parametrize("listed", [True, False], ids=["as listed", "looked at closely"])
@pytest.mark.parametrize("file", of("settled"))
def test_what_was_settled_is_written_to_on_neither_side(file: Path, listed: bool) -> None:
    kept = Kept(file)
    kept.rounds(ROUNDS, listed=listed)
    assert kept.writes == []
    assert kept.kubernetes.patches == []


@pytest.mark.parametrize("file", of("creates", "deletes"))
def test_what_was_under_way_goes_on_with_its_next_step(file: Path) -> None:
    kept = Kept(file)
    kept.rounds(1)
    assert kept.writes in ([], [expected(kept)]), "within the settle window at the earliest"
    kept.clock.time += WINDOW
    kept.rounds(ROUNDS)
    assert kept.writes == [expected(kept)]


@pytest.mark.parametrize("file", of("creates"))
def test_nothing_is_created_before_what_was_sent_is_certain(file: Path) -> None:
    kept = Kept(file)
    kept.rounds(ROUNDS)
    assert kept.writes == []


@pytest.mark.parametrize("file", of("records"))
def test_what_was_created_is_found_and_recorded(file: Path) -> None:
    kept = Kept(file)
    kept.rounds(ROUNDS)
    kept.clock.time += WINDOW  # where the stamp does not say for which uid it was written
    kept.rounds(ROUNDS)
    (workload_id,) = kept.live
    assert kept.kubernetes.status(kept.resource.key)["workloadId"] == workload_id
    assert kept.writes == []


@pytest.mark.parametrize("file", of("lets go"))
def test_what_was_to_be_left_is_let_go_of(file: Path) -> None:
    kept = Kept(file)
    kept.rounds(ROUNDS)
    assert kept.gone
    assert kept.writes == []


def test_the_newest_folder_holds_every_story_as_this_version_writes_it() -> None:
    newest = {file.stem: Kept(file).resource for file in FILES if file.parent == FOLDERS[-1]}
    assert newest.keys() == {story.name for story in STORIES}
    claims = [resource.claim for resource in newest.values()]
    assert all(claim is not None and claim.version == CLAIM_VERSION for claim in claims)
    text = (FOLDERS[-1] / "running.json").read_text()
    assert f'"runai-operator.io/version": "{STAMP_VERSION}"' in text


def expected(kept: Kept) -> str:
    return NEXT[kept.then].format(id=kept.resource.workload_id)
