"""On a real deployment with umask 0, an old open home is closed, and so is every file that any process makes in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fathom.home import open_to_others
from tests.fathom.cli.deployments import deployment

pytestmark = pytest.mark.integration


def test_every_file_of_a_deployment_is_its_users_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = os.umask(0)
    try:
        (home / "logs").mkdir(parents=True)
        (home / "logs" / "api.log").write_text("written when everybody could read it\n")
        inbox = tmp_path / "outside"
        inbox.mkdir()
        report = tmp_path / "report.md"
        report.write_text("# Bridge\n\nThe Harbour Bridge in Sydney was opened by Jack Lang in 1932.\n")
        with deployment(tmp_path) as fathom:
            assert fathom("up", "--no-samples", inbox=str(inbox)).returncode == 0
            done = fathom("ingest", str(report), "--wait", "--json", inbox=str(inbox))
            assert done.returncode == 0, done.stderr
            assert len(list(home.rglob("*"))) > 50
            assert open_to_others(home) == []
            assert stat.S_IMODE(home.stat().st_mode) == 0o700
            # what is elsewhere by a setting is left as it is
            assert stat.S_IMODE(inbox.stat().st_mode) == 0o777
            assert stat.S_IMODE(report.stat().st_mode) == 0o666
    finally:
        os.umask(before)
