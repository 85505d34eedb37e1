"""The converter resource: a client of the warm converter, a process of this host that all runs share."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from fathom.conversion.report import ConvertedDocument, PageProgress
from fathom.errors import ConverterUnreachable
from fathom.observability.structured_logging import get_logger, stage
from fathom.settings import settings

if TYPE_CHECKING:
    from fathom.conversion.service.converter_client import ConverterClient

log = get_logger(__name__)


class Converter(dg.ConfigurableResource[None]):
    """Converts documents by the warm converter process, and starts it if it does not run."""

    _client: ConverterClient | None = PrivateAttr(default=None)
    _told_models: bool = PrivateAttr(default=False)

    @property
    def client(self) -> ConverterClient:
        """The client of this deployment's converter."""
        if self._client is None:
            from fathom.conversion.service.converter_client import ConverterClient

            self._client = ConverterClient(settings())
        return self._client

    def convert(self, path: Path, *, version: str, name: str, document: str) -> ConvertedDocument:
        """Returns the file as a structured document; logs its validation and its pages."""
        size = path.stat().st_size
        self._tell_models()
        progress_log = _ProgressLog(size)
        with stage("validation"):
            log.info("Validation started", sub_stage="started", metrics={"bytes": size})
        converted = self.client.convert(path, version=version, name=name, document=document, progress=progress_log)
        report = converted.report
        log.info(
            "Conversion complete",
            sub_stage="complete",
            metrics={"seconds": round(report.seconds, 3), "pages": report.pages_converted, "words": report.words},
        )
        return converted

    def _tell_models(self) -> None:
        """Logs once a run whether the converter's models are loaded, which the first document waits for."""
        if self._told_models:
            return
        self._told_models = True
        try:
            status = self.client.status()
        except ConverterUnreachable:
            log.info("The converter starts and loads its models", sub_stage="models", metrics={"warm": False})
            return
        seconds = {} if status.warm_up_s is None else {"warm_up_seconds": round(status.warm_up_s, 2)}
        sentence = "The converter has its models loaded" if status.warm else "The converter loads its models"
        log.info(sentence, sub_stage="models", metrics={"warm": status.warm, **seconds})


class _ProgressLog:
    """Logs the progress of the converter on a document."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._began = time.perf_counter()
        self._inspected = False

    def __call__(self, progress: PageProgress) -> None:
        """Logs the progress if it is the first, the last or due."""
        if not self._inspected:
            self._inspected = True
            self._tell_inspected(progress.total)
        elif (
            progress.phase == "page"
            and progress.total
            and progress.done
            and (progress.done == progress.total or progress.done % _every(progress.total) == 0)
        ):
            log.info(
                f"Page {progress.done} of {progress.total} converted",
                sub_stage="page",
                metrics={"page": progress.done, "pages": progress.total},
            )

    def _tell_inspected(self, pages: int | None) -> None:
        counted = {} if pages is None else {"pages": pages}
        seconds = round(time.perf_counter() - self._began, 3)
        with stage("validation"):
            log.info("Validation complete", sub_stage="complete", metrics={**counted, "seconds": seconds})
        log.info("Conversion started", sub_stage="started", metrics={"bytes": self._size, **counted})


def _every(total: int) -> int:
    """Returns the number of pages between log lines, for about twenty lines a document."""
    return max(1, total // 20)
