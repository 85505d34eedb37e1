"""What the run server has imported, no run imports again; and it has one thread still."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fathom.settings import PROJECT_ROOT, Settings

ASKED = """
import sys, threading
from fathom.orchestration.warm_runs.__main__ import OF_MODEL, warm_up
from fathom.settings import settings
warm_up()
assert "neo4j" in sys.modules
assert {"pandas", "pyarrow", "graphiti_core"}.isdisjoint(sys.modules)
assert threading.active_count() == 1, threading.enumerate()
import pandas
print(*(name in sys.modules for name in OF_MODEL[settings().llm]))
"""


@pytest.mark.integration
@pytest.mark.parametrize("llm", ["offline", "anthropic", "openai"])
def test_the_library_of_the_model_in_use_is_imported_once_for_all_runs(
    home_settings: Settings, monkeypatch: pytest.MonkeyPatch, llm: str
) -> None:
    monkeypatch.setenv("FATHOM_LLM", llm)
    monkeypatch.setenv("DAGSTER_HOME", str(home_settings.home))
    home_settings.home.mkdir(parents=True)
    done = subprocess.run([sys.executable, "-c", ASKED], cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"True"}
