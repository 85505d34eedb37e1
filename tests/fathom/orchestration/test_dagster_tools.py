"""Dagster's own tools load the project from its root, with no more than what the lock installs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fathom.settings import PROJECT_ROOT

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PROGRAMS = Path(sys.executable).parent


def called(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A command from the project's root, with the environment of a shell that has activated it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FATHOM_", "DAGSTER_"))}
    environment = kept | {"FATHOM_HOME": str(home / "home"), "DAGSTER_HOME": str(home), "VIRTUAL_ENV": str(PROGRAMS.parent)}
    environment |= {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}
    return subprocess.run(
        [str(PROGRAMS / words[0]), *words[1:]],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    return tmp_path


@pytest.mark.case(97)
def test_the_definitions_are_valid_as_the_workspace_names_them(home: Path) -> None:
    done = called("dagster", "definitions", "validate", home=home)
    assert done.returncode == 0, done.stderr
    assert "Validation successful for code location fathom" in done.stdout + done.stderr


@pytest.mark.case(99)
def test_dg_checks_the_definitions(home: Path) -> None:
    done = called("dg", "check", "defs", home=home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All definitions loaded successfully" in done.stdout + done.stderr


@pytest.mark.case(99)
def test_dg_lists_assets_jobs_and_the_sensor(home: Path) -> None:
    done = called("dg", "list", "defs", "--json", home=home)
    assert done.returncode == 0, done.stderr
    text = json.dumps(json.loads(done.stdout))
    assert all(f'"{name}"' in text for name in ("documents", "chunks", "graph_episodes", "ingest_document", "new_uploads"))
