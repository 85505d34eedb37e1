"""Calling the command line: in this process, or as the program that users have."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fathom.settings import Settings

PROGRAM = Path(sys.executable).with_name("fathom")


@dataclass(frozen=True)
class Called:
    """What one call of the command line said and answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON document on stdout."""
        return json.loads(self.out)


Call = Callable[..., Called]


@pytest.fixture
def call(home_settings: Settings, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """`call("documents", "--json")` in this process, on a home of the test's own."""
    from fathom.cli.main import main

    before, fathom = list(logging.getLogger().handlers), logging.getLogger("fathom")
    kept, level = list(fathom.handlers), fathom.level

    def called(*words: str) -> Called:
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Called(code, said.out, said.err)

    yield called
    for handler in [one for one in logging.getLogger().handlers if one not in before]:
        logging.getLogger().removeHandler(handler)
        handler.close()
    fathom.handlers[:] = kept
    fathom.setLevel(level)


@pytest.fixture
def run(home_settings: Settings) -> Call:
    """`run("documents", "--json")` as a program without a terminal, on a home of the test's own."""

    def ran(*words: str, environment: dict[str, str] | None = None, stdin: str = "") -> Called:
        done = subprocess.run(
            [PROGRAM, *words],
            capture_output=True,
            text=True,
            timeout=120,
            input=stdin,
            env={**os.environ, **(environment or {})},
        )
        return Called(done.returncode, done.stdout, done.stderr)

    return ran
