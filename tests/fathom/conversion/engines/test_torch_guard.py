"""The guard lets docling work without torch, and tells when it is needed no longer."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed here")


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)


def test_docling_still_needs_the_guard() -> None:
    """When this fails, docling's table factory works without torch: remove fathom/conversion/guards.py."""
    done = run("from docling.models.plugins.defaults import table_structure_engines; table_structure_engines()")
    assert done.returncode != 0
    assert "No module named 'torch'" in done.stderr


def test_guarded_docling_needs_no_torch() -> None:
    done = run(
        "from fathom.conversion.engines.torch_guard import guard_torch_imports; guard_torch_imports(); guard_torch_imports()\n"
        "from docling.models.factories import get_table_structure_factory\n"
        "print(get_table_structure_factory(allow_external_plugins=True).registered_kind)"
    )
    assert done.returncode == 0, done.stderr
    assert "fathom_geometric_tables" in done.stdout
