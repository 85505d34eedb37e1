"""Files made to harm go through the real converter: each has a named outcome, and none takes the converter along."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fathom.conversion.engines.engine_choice import ENGINES, Backend
from fathom.conversion.service.converter_client import ConverterClient
from fathom.conversion.service.protocol import error_classes
from fathom.errors import DocumentFailed, DocumentRejected
from tests.fathom.conversion.service.own_converters import Converters

pytestmark = [pytest.mark.hostile, pytest.mark.integration]

SAMPLE = 60
SEED = 20261120
MEMORY_MB = 2048


def outcome(client: ConverterClient, path: Path) -> str:
    try:
        converted = client.convert(path, version="v", document=path.name)
    except (DocumentRejected, DocumentFailed) as error:
        return error.name if error.document == path.name else "an error that forgot its document"
    return "partial" if converted.report.errors else "converted"


def convert_all(converters: Converters, paths: list[Path]) -> Counter[str]:
    client = converters.client(ENGINES[Backend.EMBEDDED], convert_workers=2, convert_timeout_s=60, convert_memory_mb=MEMORY_MB)
    client.ensure_started(warm=True)
    before = converters.status(client)
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda path: outcome(client, path), paths))
    after = converters.status(client)
    assert after.pid == before.pid
    assert set(outcomes) <= {"converted", "partial", *error_classes()}
    for path, ending in zip(paths, outcomes, strict=True):
        if ending.startswith("Conversion"):
            print(ending, path)
    print(Counter(outcomes), f"workers replaced: {after.restarts}, recycled: {after.recycled}")
    return Counter(outcomes)


def hostile_files(corpora: Path) -> list[Path]:
    folder = corpora / "documents_hostile"
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in {"SOURCE.md", "LICENSE"})


def test_a_sample_of_hostile_files_has_named_outcomes(converters: Converters, corpora: Path) -> None:
    outcomes = convert_all(converters, random.Random(SEED).sample(hostile_files(corpora), SAMPLE))
    assert outcomes["converted"] > 0


@pytest.mark.evaluation
@pytest.mark.timeout(7200)
def test_all_hostile_files_have_named_outcomes(converters: Converters, corpora: Path) -> None:
    outcomes = convert_all(converters, hostile_files(corpora))
    assert outcomes.total() > 1000
    assert outcomes["ConversionFailed"] == 0


@pytest.mark.evaluation
@pytest.mark.timeout(7200)
def test_all_ordinary_files_have_named_outcomes(converters: Converters, corpora: Path) -> None:
    paths = sorted(path for path in (corpora / "documents").rglob("*") if path.is_file())
    assert convert_all(converters, paths)["converted"] > 300
