"""What a run sees to before anything is built."""

from pathlib import Path

import pytest

from tests.control_plane import ControlPlaneError

from . import play


def test_a_second_run_is_refused_while_one_is_going(tmp_path: Path) -> None:
    cache = tmp_path / "runai-operator"
    with play._alone(cache), pytest.raises(ControlPlaneError, match="one at a time"):
        play.perform("processes", 1, print, {"XDG_CACHE_HOME": str(tmp_path)})
    with play._alone(cache):
        pass
