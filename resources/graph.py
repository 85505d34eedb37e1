"""The graph resource: writes the chunks of documents to the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from fathom.chunking.chunk import ChunkSet
from fathom.database import open_database
from fathom.deployment.graph_component import GraphComponent
from fathom.errors import GraphUnreachable
from fathom.graph.write.write_report import EpisodeProgress, WriteReport
from fathom.observability.structured_logging import get_logger
from fathom.settings import settings
from fathom.uploads.document_dates import date_of

if TYPE_CHECKING:
    from fathom.graph.write.document_writer import DocumentWriter

REVIVALS = 3  # restarts of the embedded graph for a document

log = get_logger(__name__)


class GraphResource(dg.ConfigurableResource[None]):
    """Writes episodes with the configured language model, embedder and graph server."""

    _writer: DocumentWriter | None = PrivateAttr(default=None)

    @property
    def writer(self) -> DocumentWriter:
        """The writer of this deployment, with its models loaded when first used."""
        if self._writer is None:
            from fathom.graph.write.document_writer import open_writer

            self._writer = open_writer(settings())
        return self._writer

    def write(
        self, chunk_set: ChunkSet, *, accepted_at: datetime, attached_to: str | None = None, attachments: Sequence[str] = ()
    ) -> WriteReport:
        """Writes the document's episodes and returns a report, which lists failed episodes.

        Facts without a date are valid from the document's date, else from its acceptance. The episodes are linked with
        those of the mail `attached_to` and of the `attachments`.
        """
        total = len(chunk_set.chunks)
        own = date_of(open_database(settings().operational_url), chunk_set.document, chunk_set.version)
        log.info("Graph ingestion started", sub_stage="started", metrics={"chunks": total})

        def written() -> WriteReport:
            return self.writer.write(
                chunk_set,
                reference_time=own.at if own else accepted_at,
                came_at=accepted_at if own else None,
                progress=_log_episodes,
                attached_to=attached_to,
                attachments=attachments,
            )

        report = self._through_outages(written)
        log.info(
            "Graph ingestion complete",
            sub_stage="complete",
            metrics={
                "written": report.written,
                "unchanged": report.unchanged,
                "failed": len(report.failures),
                "entities": report.entities,
                "facts": report.facts,
                "seconds": round(report.seconds_extracting + report.seconds_writing, 3),
                "cost_usd": round(report.cost_usd, 6),
                "model": report.model,
            },
        )
        return report

    def _through_outages(self, written: Callable[[], WriteReport]) -> WriteReport:
        """Returns `written()`, retried after a restart of the embedded graph, at most REVIVALS times.

        Raises GraphUnreachable for a graph of another host, and after the last retry.
        """
        gone: GraphUnreachable | None = None
        for left in reversed(range(REVIVALS + 1)):
            try:
                if gone is not None:
                    self._revive(gone)
                return written()
            except GraphUnreachable as error:
                if not left or settings().graph_uri:
                    raise
                gone = error
        raise AssertionError("the loop runs at least once")

    def _revive(self, error: GraphUnreachable) -> None:
        """Restarts the embedded graph and reconnects. Raises GraphUnreachable."""
        log.warning("Graph unreachable; restarting it", sub_stage="revived", metrics={"error": error.name})
        GraphComponent(settings()).start()
        self.writer.close()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Closes the connection to the graph."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _log_episodes(progress: EpisodeProgress) -> None:
    log.info(
        f"Episode {progress.done} of {progress.total}: {progress.phase}",
        sub_stage=progress.phase,
        metrics={
            "chunk": progress.done,
            "chunks": progress.total,
            "entities": progress.entities,
            "facts": progress.facts,
        },
    )
