"""Medical abstracts after office files are found as drift, more office files are not: real files, through all of ingestion."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import fathom
from fathom.deployment.converter_component import ConverterComponent
from fathom.deployment.graph_component import GraphComponent
from fathom.embedding.minilm import MiniLM
from fathom.errors import FathomError
from fathom.quality.drift import Look, compare_embeddings
from fathom.quality.drift.collection_drift import CollectionDrift, collection_drift, rebase_drift
from fathom.quality.drift.look_budget import DAY_S
from fathom.settings import Settings
from fathom.thresholds import THRESHOLDS

pytestmark = [pytest.mark.evaluation, pytest.mark.timeout(1800)]

MAX_BYTES = 60_000  # of an office file: long ones say no more here
NEW = 30


@pytest.fixture
def deployment(home_settings: Settings) -> Iterator[Settings]:
    """A graph and a converter of the test's own."""
    graph, converter = GraphComponent(home_settings), ConverterComponent(home_settings)
    graph.start()
    yield home_settings
    converter.stop()
    graph.stop()


def office_files(corpora: Path) -> list[Path]:
    """The small office files in an order that mixes their origins."""
    kinds = (".docx", ".pptx", ".xlsx", ".odt")
    found = sorted(path for path in (corpora / "documents").rglob("*") if path.suffix in kinds)
    small = [path for path in found if path.stat().st_size <= MAX_BYTES]
    random.Random(20).shuffle(small)
    return small


def abstract_texts(corpora: Path, count: int) -> list[str]:
    """The first abstracts."""
    with (corpora / "clustering" / "medical-abstracts" / "medical_tc.csv").open(encoding="utf-8") as stream:
        return [row["medical_abstract"] for _, row in zip(range(count), csv.DictReader(stream), strict=False)]


def abstracts(corpora: Path, folder: Path, count: int) -> list[Path]:
    """The first abstracts, a text file each."""
    folder.mkdir()
    for number, text in enumerate(abstract_texts(corpora, count)):
        (folder / f"abstract-{number}.txt").write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


def ingest(settings: Settings, files: Sequence[Path], prefix: str, count: int) -> int:
    """Writes files until so many documents are in the graph; those that give none, such as damaged ones, are passed over."""
    written = 0
    with fathom.Graph(settings) as graph:
        for number, file in enumerate(files):
            if written == count:
                return number
            try:
                chunks = fathom.chunk(
                    fathom.convert(file, settings=settings), document=f"mixed/{prefix}{number}-{file.name}", settings=settings
                )
                written += graph.write(chunks, reference_time=datetime(2026, 1, 1, tzinfo=UTC)).written > 0
            except FathomError:
                continue
    assert written == count
    return len(files)


def test_abstracts_after_office_files_are_drift_and_more_office_files_are_not(
    deployment: Settings, corpora: Path, tmp_path: Path
) -> None:
    files = office_files(corpora)
    used = ingest(deployment, files, "office", THRESHOLDS.drift.reference_documents + NEW)
    now = datetime.now(UTC).timestamp()
    calm = collection_drift(deployment, "mixed", now=now)
    assert calm.looked
    assert not calm.drifted, _told(calm)

    rebase_drift(deployment, "mixed", reason="All office files so far.", by="test")
    ingest(deployment, files[used:], "more", NEW // 2)
    ingest(deployment, abstracts(corpora, tmp_path / "abstracts", 2 * NEW), "paper", 2 * NEW - 1)
    drifted = collection_drift(deployment, "mixed", now=now + DAY_S)
    assert drifted.looked
    found = {result.metric for result in drifted.drifted}
    assert {"file_types", "languages", "entity_types", "entities_per_chunk"} <= found, _told(drifted)


def test_embeddings_of_abstracts_are_drift_from_articles_and_those_of_more_articles_are_not(corpora: Path) -> None:
    """Of most office files above no name is in the graph, so their embeddings are too few to compare."""
    articles = json.loads((corpora / "retrieval" / "hipporag-legacy" / "musique_train_corpus.json").read_text(encoding="utf-8"))
    random.Random(20).shuffle(articles)
    texts = [article["text"] for article in articles]
    embed = MiniLM().embed
    reference, more = (np.array(embed(some)) for some in (texts[:50], texts[50:90]))
    medical = np.array(embed(abstract_texts(corpora, 40)))
    look = Look(THRESHOLDS.drift.max_false_alarms_a_year / 365.25)
    assert [result.drifted for result in compare_embeddings("embeddings", reference, medical, look)] == [True, True]
    assert [result.drifted for result in compare_embeddings("embeddings", reference, more, look)] == [False, False]


def _told(found: CollectionDrift) -> str:
    return "\n".join(f"{one.metric} {one.method} {one.score} {one.threshold} {one.detail}" for one in found.results)
