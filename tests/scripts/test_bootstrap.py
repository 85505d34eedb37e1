"""The installer: whatever is missing on a machine is a sentence with what to do, and what is done is not done again."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fathom.settings import PROJECT_ROOT

SCRIPT = PROJECT_ROOT / "scripts" / "bootstrap.py"
OLD = next((found for minor in (10, 9, 8) if (found := shutil.which(f"python3.{minor}"))), None)


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of the script, loaded without being run."""
    monkeypatch.setattr(sys, "argv", ["bootstrap.py"])
    return runpy.run_path(str(SCRIPT))


def given_up(call: Any, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        call()
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_too_little_room_is_told_with_how_much_is_needed(
    bootstrap: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**8))  # type: ignore[attr-defined]
    said = given_up(lambda: bootstrap["require_room"](2.0), capsys)
    assert "0.1 GB are free and 2 are needed" in said


def test_a_python_that_cannot_make_environments_is_told_what_to_install(
    bootstrap: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    names = bootstrap["make_environment"].__globals__
    monkeypatch.setitem(names, "VENV", str(tmp_path / "venv"))
    monkeypatch.setitem(names, "UV", str(tmp_path / "uv"))
    monkeypatch.setitem(names, "PYTHON", str(tmp_path / "python"))
    monkeypatch.setitem(names, "quiet", lambda _: False)
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    said = given_up(lambda: bootstrap["make_environment"]({}), capsys)
    assert "apt install python3-venv" in said


@pytest.mark.skipif(OLD is None, reason="there is no Python older than 3.11 on this machine")
def test_an_old_python_says_so_in_a_sentence(tmp_path: Path) -> None:
    real = subprocess.run([str(OLD), "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=False)
    if real.returncode:
        pytest.skip(f"{OLD} does not run: {real.stderr.strip().splitlines()[-1:]}")
    done = subprocess.run(
        [real.stdout.strip(), str(SCRIPT)], capture_output=True, text=True, env={"PATH": str(tmp_path)}, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Fathom needs Python 3.11 or newer;")
    assert "Traceback" not in done.stderr


def test_what_is_installed_is_not_installed_again() -> None:
    if not (PROJECT_ROOT / ".venv" / "installed.json").exists():
        pytest.skip("this environment was not made by scripts/bootstrap.py")
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-bootstrap.lock"])
def test_every_locked_requirement_has_a_hash_and_no_lock_names_a_host(lock: str) -> None:
    text = (PROJECT_ROOT / lock).read_text()
    pinned = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert len(pinned) == sum(block.count("--hash=sha256:") > 0 for block in text.split("==")[1:]) > 0
    assert "://" not in text


def test_every_make_target_is_listed_with_its_line() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text()
    targets = [line.split(":")[0] for line in makefile.splitlines() if line[:1].isalpha() and ":" in line and ":=" not in line]
    listed = subprocess.run(["make", "help"], capture_output=True, text=True, cwd=PROJECT_ROOT, check=True).stdout
    named = [target for target in targets if "=" not in target]
    assert {line.split()[1] for line in listed.splitlines() if line.startswith("make ")} == set(named)
    assert {"up", "down", "test", "check", "bench", "neo4j", "docs", "lock"} <= set(named)
