"""`import fathom` offers the work as calls, the same that assets make, and loads nothing until it is called."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fathom
from fathom.conversion.service.converter_client import ConverterClient
from fathom.deployment.graph_component import GraphComponent
from fathom.errors import EmptyDocument, UsageWrong
from fathom.settings import PROJECT_ROOT, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A deployment of the test's own."""
    made = Settings(home=tmp_path / "h", graph_uri=None)
    yield made
    ConverterClient(made).stop()
    GraphComponent(made).stop()


def test_importing_loads_no_room() -> None:
    loaded = "import fathom, sys; print([name for name in sys.modules if name.startswith('fathom.')])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert done.stdout.strip() == "[]"


def test_every_name_it_offers_is_there() -> None:
    assert all(getattr(fathom, name) for name in fathom.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        fathom.nothing  # noqa: B018  # asking is the test


def test_what_is_no_file_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageWrong, match="does not exist"):
        fathom.convert(tmp_path / "none.pdf")
    with pytest.raises(UsageWrong, match="is not a file"):
        fathom.convert(tmp_path)


@pytest.mark.integration
def test_a_file_goes_from_path_to_graph_in_four_calls(settings: Settings) -> None:
    converted = fathom.convert(PROJECT_ROOT / "samples" / "harbour-history.pdf", settings=settings)
    chunks = fathom.chunk(converted, document="harbour.pdf", settings=settings)
    assert [chunk.position for chunk in chunks.chunks if fathom.extract(chunk.text, settings=settings).facts]
    GraphComponent(settings).start()
    with fathom.Graph(settings) as graph:
        report = graph.write(chunks)
        assert report.written == len(chunks.chunks)
        assert graph.write(chunks).unchanged == len(chunks.chunks)
        rows = graph.query("MATCH (p:Episodic) RETURN p.source_description AS file").records
    assert rows == [{"file": "default/harbour.pdf"}] * len(chunks.chunks)


@pytest.mark.integration
def test_a_bad_file_is_refused_by_name(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    with pytest.raises(EmptyDocument):
        fathom.convert(tmp_path / "empty.pdf", settings=settings)
