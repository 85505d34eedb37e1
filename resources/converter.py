"""The warm converter as assets see it: one process on this host, shared by all runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from fathom.conversion.report import ConvertedDocument, PageProgress
from fathom.observability.logs import get_logger
from fathom.settings import settings

if TYPE_CHECKING:
    from fathom.conversion.client import ConverterClient

log = get_logger(__name__)


class Converter(dg.ConfigurableResource[None]):
    """Conversions by the warm converter process, which is started by whoever needs it first."""

    _client: ConverterClient | None = PrivateAttr(default=None)

    @property
    def client(self) -> ConverterClient:
        """The connection to this deployment's converter."""
        if self._client is None:
            from fathom.conversion.client import ConverterClient

            self._client = ConverterClient(settings())
        return self._client

    def convert(self, path: Path, *, version: str, name: str, document: str) -> ConvertedDocument:
        """The file as a structured document; each page that is done is logged."""
        log.info("Conversion started", sub_stage="started", metrics={"bytes": path.stat().st_size})
        converted = self.client.convert(path, version=version, name=name, document=document, progress=_log_pages)
        report = converted.report
        log.info(
            "Conversion complete",
            sub_stage="complete",
            metrics={"seconds": round(report.seconds, 3), "pages": report.pages_converted, "words": report.words},
        )
        return converted


def _log_pages(progress: PageProgress) -> None:
    if progress.total and progress.done and (progress.done == progress.total or progress.done % _every(progress.total) == 0):
        log.info(
            f"Page {progress.done} of {progress.total} converted",
            sub_stage=progress.phase,
            metrics={"page": progress.done, "pages": progress.total},
        )


def _every(total: int) -> int:
    """At most about twenty lines a document, however long it is."""
    return max(1, total // 20)
