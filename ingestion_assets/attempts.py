"""One try at one stage of one document: what is recorded when it starts, fails or ends, wherever it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from fathom.errors import CheckBlocked, DocumentRejected, FathomError
from fathom.observability.progress_heartbeat import never_silent
from fathom.observability.structured_logging import Stage, bound, get_logger, stage
from resources.uploads import Attempt, Uploads

ASSETS: dict[Stage, str] = {"docling": "documents", "chunking": "chunks", "graphiti": "graph_episodes"}

log = get_logger(__name__)


@contextmanager
def attempt(document: str, step: Stage, uploads: Uploads, run: dg.DagsterRun, version: str | None = None) -> Iterator[Attempt]:
    """The upload is marked as being worked on by this run; whatever is raised inside is on its record by name.

    `version` is that of the work in hand, where an earlier stage made it; by default the one accepted last.
    Raises what the work raises, unchanged.
    """
    begun = uploads.begin(document, version=version, run=run, stage=step)
    with stage(step, document=document, run=run.run_id), bound(request=uploads.request):
        log.info("A run took it up", sub_stage="begun", metrics={"attempt": begun.number})
        try:
            with never_silent():
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
    """The error as Dagster shows it, with its name and what to do; the intake tries again in another run, not the step."""
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


def blocked(document: str, names: list[str], said: str = "") -> CheckBlocked:
    """The error of a document that a blocking check stopped, with what the check says."""
    return CheckBlocked(f"Stopped by {', '.join(names)}. {said}".strip(), document=document)
