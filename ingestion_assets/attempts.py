"""Records the start, the end and the failure of an attempt at a stage of a document."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from fathom.errors import CheckBlocked, DocumentRejected, FathomError
from fathom.observability.progress_heartbeat import log_heartbeat
from fathom.observability.structured_logging import Stage, bound, get_logger, stage
from fathom.settings import settings
from fathom.threshold_overrides import thresholds_of, using_thresholds
from resources.uploads import Attempt, Uploads

ASSETS: dict[Stage, str] = {"docling": "documents", "chunking": "chunks", "graphiti": "graph_episodes"}

log = get_logger(__name__)


@contextmanager
def attempt(document: str, step: Stage, uploads: Uploads, run: dg.DagsterRun, version: str | None = None) -> Iterator[Attempt]:
    """Marks the upload as in progress by this run, and records an error of the body by name before it is raised again.

    `version` is the version that an earlier stage worked on; by default the latest accepted version.
    """
    begun = uploads.begin(document, version=version, run=run, stage=step)
    limits = using_thresholds(thresholds_of(settings().thresholds, document))
    with stage(step, document=document, run=run.run_id), bound(request=uploads.request), limits:
        log.info("A run took it up", sub_stage="begun", metrics={"attempt": begun.number} | _waited(begun, step))
        try:
            with log_heartbeat():
                yield begun
        except FathomError as error:
            say = log.warning if isinstance(error, DocumentRejected) else log.error
            say(error.message, sub_stage="failed", metrics={"error": error.name, "retryable": error.retryable})
            uploads.end_badly(begun, stage=step, error=error)
            raise
        except Exception as error:
            log.exception("The work failed by a defect", sub_stage="failed", metrics={"error": type(error).__name__})
            uploads.end_badly(begun, stage=step, error=error)
            raise
        uploads.made(begun, ASSETS[step])


def failure(error: FathomError) -> dg.Failure:
    """Returns the error as a Dagster failure with its name and remedy; a retry is another run, never the step."""
    return dg.Failure(
        description=f"{error.name}: {error.message} {error.what_to_do}".strip(),
        metadata={
            "error": dg.MetadataValue.text(error.name),
            "what_to_do": dg.MetadataValue.text(error.what_to_do),
            "tier": dg.MetadataValue.text(error.tier),
            "retryable": dg.MetadataValue.bool(error.retryable),
        },
        allow_retries=False,
    )


def blocked(document: str, names: list[str], description: str = "") -> CheckBlocked:
    """Returns the error of a document that a blocking check stopped."""
    return CheckBlocked(f"Stopped by {', '.join(names)}. {description}".strip(), document=document)


def _waited(begun: Attempt, step: Stage) -> dict[str, float]:
    """Returns the seconds from the acceptance to the first try of the first stage, as a metric."""
    if step != "docling" or begun.number > 1:
        return {}
    return {"waited_seconds": round(max(0.0, time.time() - begun.accepted_at.timestamp()), 3)}
