"""Counts the progress of writing a document, for its report and for progress callbacks."""

from __future__ import annotations

from collections import Counter

from fathom.chunking.chunk import Chunk
from fathom.errors import ExtractionFailed
from fathom.extraction.model import Extraction, Usage
from fathom.graph.write.write_report import EpisodeFailure, EpisodeProgress, EpisodeProgressCallback


class WriteProgress:
    """The progress of writing a document: counts, usage and failures so far."""

    def __init__(self, total: int, progress: EpisodeProgressCallback) -> None:
        self.written = 0  # episodes
        self.left_out: Counter[str] = Counter()  # dropped facts, by the reason
        self.failed: dict[str, EpisodeFailure] = {}
        self._again: list[Chunk] = []
        self.seconds_extracting = 0.0
        self.seconds_writing = 0.0
        self.tokens_in = 0
        self.tokens_out = 0
        self.cost_usd = 0.0
        self._total = total
        self._progress = progress
        self._extracted = 0
        self._entities = 0
        self._facts = 0

    def sending(self, chunks: int) -> None:
        """Reports that so many more chunks are being extracted."""
        self._tell("sending", min(self._total, self._extracted + len(self.failed) + chunks))

    def writing(self, episodes: int) -> None:
        """Reports that so many more episodes are being written."""
        self._tell("writing", self.written + episodes)

    def extracted(self, chunk: Chunk, found: Extraction) -> None:
        """Counts the chunk's extraction, which clears an earlier failure."""
        usage: Usage = found.usage
        self.tokens_in += usage.tokens_in
        self.tokens_out += usage.tokens_out
        self.cost_usd += usage.cost_usd
        self._extracted += 1
        self.failed.pop(chunk.id, None)
        self._entities += len(found.entities)
        self._facts += len(found.facts)
        self._tell("extracted", self._extracted)

    def judged(self, use: Usage, seconds: float) -> None:
        """Adds the LLM usage and duration of entity resolution."""
        self.seconds_writing += seconds
        self.tokens_in += use.tokens_in
        self.tokens_out += use.tokens_out
        self.cost_usd += use.cost_usd

    def wrote(self, episodes: int) -> None:
        """Reports that so many more episodes were written."""
        self.written += episodes
        self._tell("written", self.written)

    def fail(self, chunk: Chunk, error: ExtractionFailed) -> None:
        """Records a failed attempt at the chunk."""
        self.failed[chunk.id] = EpisodeFailure(
            chunk=chunk.id, position=chunk.position, reason=error.name, message=error.message
        )
        if error.retryable:
            self._again.append(chunk)

    def to_try_again(self) -> list[Chunk]:
        """Returns the retryable chunks that failed since the last call."""
        again, self._again = self._again, []
        return again

    def _tell(self, phase: str, done: int) -> None:
        self._progress(EpisodeProgress(phase, done, self._total, self._entities, self._facts))
