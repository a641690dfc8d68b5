"""What holds before any command was read."""

import signal
import subprocess
import sys

import pytest

from runai_operator.cli import app, main


def test_sigterm_ends_it_before_a_command_has_a_handler_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "main", lambda: signal.raise_signal(signal.SIGTERM))
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as for the first process of a container
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 128 + signal.SIGTERM


def test_the_package_itself_imports_none_of_what_takes_long() -> None:
    told = "import runai_operator.cli, sys; print({'pydantic', 'typer', 'kubernetes'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
