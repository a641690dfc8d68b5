"""A git repository of a run's own: a bare one on disk, as a server would hold it, and the clone that is pushed from."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.checks import CommandFailed

BRANCH = "main"
Documents = Sequence[Mapping[str, Any]]


class Repository:
    """Lives in `folder`, and heeds no git configuration of the user's or the machine's."""

    def __init__(self, folder: Path) -> None:
        self._bare, self._clone = folder / "repository.git", folder / "clone"
        self._bare.mkdir(parents=True)
        self._git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", at=self._bare)
        self._git("clone", "--quiet", str(self._bare), str(self._clone), at=folder)
        self._git("switch", "--quiet", "--force-create", BRANCH)

    @property
    def url(self) -> str:
        return self._bare.as_uri()

    @property
    def head(self) -> str:
        """The revision that was pushed last."""
        return self._git("rev-parse", BRANCH, at=self._bare)

    def commit(self, message: str, files: Mapping[str, Documents | None]) -> str:
        """Push one commit that writes each file with these documents, or removes it (None); its revision."""
        for path, documents in files.items():
            self._write(self._clone / path, documents)
        self._git("add", "--all")
        self._git("commit", "--quiet", f"--message={message}")
        self._git("push", "--quiet", "origin", BRANCH)
        return self.head

    def commit_folder(self, message: str, path: str, source: Path) -> str:
        """Push one commit with a copy of a folder, as it is; its revision."""
        shutil.copytree(source, self._clone / path, dirs_exist_ok=True)
        return self.commit(message, {})

    def _write(self, path: Path, documents: Documents | None) -> None:
        if documents is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump_all([dict(each) for each in documents]))

    def _git(self, *args: str, at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *args], cwd=at or self._clone, env=environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CommandFailed(f"git {' '.join(args)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()


def environment() -> dict[str, str]:
    """Of a git that knows nobody, and nothing but what it is told."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    who = {"NAME": "e2e", "EMAIL": "e2e@example.com"}
    return (
        kept
        | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        | {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
    )
