"""Views of runs that were started by hand in Dagster, for the command line, the API and the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, computed_field
from sqlalchemy.engine import Engine

from fathom.uploads import hand_runs
from fathom.uploads.hand_runs import HandRun, HandState

STARTED = {"hand": "by hand", "backfill": "by backfill", "re-execution": "by re-execution"}


class HandRunView(BaseModel):
    """A run over a document that Fathom did not plan."""

    model_config = ConfigDict(frozen=True)

    run: str = Field(description="the Dagster run")
    started: str = Field(description="by hand, by backfill, by re-execution")
    assets: list[str] = Field(description="the assets it was started for")
    made: list[str] = Field(description="the assets that it has made")
    state: HandState = Field(description="running, done, failed, cancelled; the document's own state may be another")
    stage: str | None = Field(description="its current or last stage")
    reason: str | None = Field(description="name of the error, if any")
    detail: str | None = Field(description="the error in a sentence")
    started_at: datetime

    @computed_field  # type: ignore[prop-decorator]
    @property
    def sentence(self) -> str:
        """Describes the run in a sentence: how it was started, its assets, its outcome."""
        run = f"{self.started.capitalize()}: {', '.join(self.assets)}"
        cause = f" ({self.reason})" if self.reason and self.state == "failed" else ""
        return f"{run} {self.state}{cause}" if self.state != "running" else f"{run} in progress"


def last_by_hand(engine: Engine, documents: Sequence[str]) -> dict[str, HandRunView]:
    """Returns the last run by hand of each of the documents, for those that have such a run."""
    return {document: _shown(run) for document, run in hand_runs.newest(engine, documents).items()}


def _shown(run: HandRun) -> HandRunView:
    return HandRunView(
        run=run.run_id,
        started=STARTED[run.origin],
        assets=list(run.assets),
        made=[asset for asset in run.assets if asset in run.made],
        state=run.state,
        stage=run.stage,
        reason=run.reason,
        detail=run.detail,
        started_at=datetime.fromtimestamp(run.started_at, UTC),
    )
