"""What tests of the conversion share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fathom.settings import Settings
from tests.fathom.conversion.service.own_converters import Converters


@pytest.fixture
def converters(home_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Converters]:
    """Clients of a converter in the test's own home."""
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parent / 'service'}{os.pathsep}{tmp_path}")
    made = Converters(home_settings.model_copy(update={"convert_workers": 1}), tmp_path)
    yield made
    made.close()
