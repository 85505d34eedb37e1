"""What the benchmarks work on: the project's own samples, and documents made on the spot."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fathom.conversion.engine import convert_file
from fathom.conversion.inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from fathom.settings import PROJECT_ROOT, Settings, settings

SAMPLES = PROJECT_ROOT / "samples"
TEXTS = ("oyster-field-notes.md", "new-director.html", "engineering-report.docx", "handover-letter.eml")


def converted(path: Path) -> ConvertedDocument:
    """The file, converted in this process."""
    version = hashlib.sha256(path.read_bytes()).hexdigest()
    return convert_file(path, inspect_file(path, max_bytes=10**9, max_pages=10_000), version=version)


def trivial_document(number: int) -> str:
    """A short Markdown document that is like no other."""
    return f"# Note {number}\n\nAda Lovelace wrote note {number} in London. Charles Babbage answered it on 3 May 1843.\n"


@contextmanager
def own_home() -> Iterator[Settings]:
    """Settings of a home that is gone afterwards; Dagster's telemetry off."""
    with TemporaryDirectory(prefix="fathom-bench-") as folder:
        os.environ["FATHOM_HOME"] = folder
        os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
        settings.cache_clear()
        yield settings()
