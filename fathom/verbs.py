"""The Python API without Dagster: convert, chunk, extract, and a graph to write to and query."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from hashlib import file_digest
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fathom.errors import StoreFailed, UsageWrong
from fathom.home import close_home
from fathom.ids import DEFAULT_COLLECTION, document_id
from fathom.settings import Settings
from fathom.settings import settings as process_settings

if TYPE_CHECKING:
    from fathom.chunking.chunk import ChunkSet
    from fathom.conversion.report import ConvertedDocument, ProgressCallback
    from fathom.extraction.model import Extraction
    from fathom.graph.write.write_report import EpisodeProgressCallback, WriteReport
    from fathom.graphdb.query.user_query import QueryResult


def convert(
    path: str | PathLike[str], *, settings: Settings | None = None, progress: ProgressCallback | None = None
) -> ConvertedDocument:
    """Converts the file to a structured document, Markdown and a report, by the warm converter, which is started if needed.

    Raises UsageWrong if the path is no file, DocumentRejected, ConversionFailed, ConverterUnreachable, StoreFailed.
    """
    from fathom.conversion.service.converter_client import ConverterClient

    file = Path(path)
    if not file.is_file():
        raise UsageWrong(f"{file} is not a file." if file.exists() else f"{file} does not exist.")
    try:
        with file.open("rb") as stream:
            version = file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise StoreFailed(f"{file} cannot be read: {error.strerror}.") from error
    client = ConverterClient(settings or process_settings())
    return client.convert(file.absolute(), version=version, name=file.name, progress=progress)


def chunk(converted: ConvertedDocument, *, document: str = "document", settings: Settings | None = None) -> ChunkSet:
    """Splits the document into chunks within the token limit of the settings; `document` is its id or name.

    Raises UsageWrong for an invalid name, ChunkingFailed.
    """
    from fathom.chunking.chunker import chunk_document
    from fathom.embedding.tokenizer import count_tokens

    named = document if "/" in document else document_id(DEFAULT_COLLECTION, document)
    used = settings or process_settings()
    return chunk_document(
        converted,
        document=named,
        max_tokens=used.chunk_tokens,
        count_tokens=count_tokens,
        within_s=used.convert_timeout_s,
    )


def extract(text: str, *, settings: Settings | None = None, everything: bool = False) -> Extraction:
    """Extracts the entities and facts of the text by the configured language model; offsets in code points.

    Results below `min_confidence` of the settings are only counted in `left_out`, unless `everything` is True.

    Raises ExtractionFailed, and DocumentTooLarge for more than a million characters: extract long documents by chunk.
    """
    from fathom.extraction.factory import open_language_model
    from fathom.extraction.model import require_extractable
    from fathom.knowledge.confidence_filter import drop_uncertain

    used = settings or process_settings()
    with closing(open_language_model(used)) as model:
        found = model.extract([require_extractable(text)])[0]
    return drop_uncertain(found, 0.0 if everything else used.min_confidence)


class Graph:
    """The graph of a deployment; use it in a `with` statement, or close it."""

    def __init__(self, settings: Settings | None = None) -> None:
        from fathom.graph.write.document_writer import open_writer

        self._settings = settings or process_settings()
        close_home(self._settings.home)
        self._writer = open_writer(self._settings)

    def write(
        self, chunks: ChunkSet, *, reference_time: datetime | None = None, progress: EpisodeProgressCallback | None = None
    ) -> WriteReport:
        """Writes every chunk as an episode or lists it as failed; undated facts are valid from `reference_time`, else from now.

        `reference_time` is the date of the document, which orders its undated facts among others.

        Raises GraphUnreachable; the same call then continues where this call stopped.
        """
        now = datetime.now(UTC)
        return self._writer.write(
            chunks,
            reference_time=reference_time or now,
            came_at=now if reference_time else None,
            progress=progress or (lambda _: None),
        )

    def query(self, cypher: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 1000) -> QueryResult:
        """Returns the first `limit` rows of a read-only query. Raises QueryRefused, QueryInvalid, GraphUnreachable."""
        from fathom.graphdb.query.user_query import QueryOptions, run_query

        return run_query(self._writer.connection, cypher, parameters, QueryOptions(limit=limit))

    def close(self) -> None:
        """Closes the connections."""
        self._writer.close()

    def __enter__(self) -> Graph:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
