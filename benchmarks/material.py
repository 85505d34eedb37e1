"""What the benchmarks work on: the project's own samples, and documents made on the spot."""

from __future__ import annotations

import hashlib
import io
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from fathom.deployment.components import start_all, stop_all
from fathom.ids import chunk_identity
from fathom.settings import PROJECT_ROOT, Settings, settings
from fathom.uploads.intake import open_intake

SAMPLES = PROJECT_ROOT / "samples"
TEXTS = ("oyster-field-notes.md", "new-director.html", "engineering-report.docx", "handover-letter.eml")


def converted(path: Path) -> ConvertedDocument:
    """The file, converted in this process."""
    version = hashlib.sha256(path.read_bytes()).hexdigest()
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**9, max_pages=10_000), version=version)


def trivial_document(number: int) -> str:
    """A short Markdown document that is like no other."""
    return f"# Note {number}\n\nAda Lovelace wrote note {number} in London. Charles Babbage answered it on 3 May 1843.\n"


def locked_pdf() -> bytes:
    """A PDF that wants a password."""
    from reportlab.pdfgen.canvas import Canvas

    data = io.BytesIO()
    canvas = Canvas(data, encrypt="secret")
    canvas.drawString(72, 700, "Nobody reads this.")
    canvas.save()
    return data.getvalue()


@contextmanager
def own_home() -> Iterator[Settings]:
    """Settings of a home that is gone afterwards; Dagster's telemetry off."""
    with TemporaryDirectory(prefix="fathom-bench-") as folder:
        os.environ["FATHOM_HOME"] = folder
        os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
        settings.cache_clear()
        yield settings()


def free_port() -> int:
    """A port of this host that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def deployment() -> Iterator[Settings]:
    """Settings of a whole deployment on free ports, in a home of its own; RuntimeError where a part does not start."""
    for name in ("DAGSTER", "API"):
        os.environ[f"FATHOM_{name}_PORT"] = str(free_port())
    with own_home() as of:
        try:
            failed = [started for started in start_all(of) if started.error]
            if failed:
                raise RuntimeError(f"{failed[0].name}: {failed[0].error}")
            yield of
        finally:
            stop_all(of)


def taken_in(of: Settings, collection: str, count: int) -> list[str]:
    """The names of so many trivial documents, dropped in the collection's folder of the inbox and accepted."""
    folder = of.inbox_path / collection
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.md").write_text(trivial_document(number))
    intake = open_intake(of)
    while intake.look().left:
        pass
    return [f"{collection}/{number}.md" for number in range(count)]


def chunk_set(document: str, texts: Sequence[str], version: str | None = None) -> ChunkSet:
    """The document in chunks of these texts; its version is theirs unless given."""
    chunks = [
        Chunk(
            id=chunk_identity(document, text),
            document=document,
            position=position,
            text=text,
            headings=[],
            pages=[1],
            items=[],
            tokens=len(text.split()),
            kind="text",
        )
        for position, text in enumerate(texts)
    ]
    version = version or hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return ChunkSet(
        document=document, version=version, chunks=chunks, covered=1.0, max_tokens=256, chunker="by-hand/1", seconds=0.0
    )
