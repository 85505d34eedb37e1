"""What has been done of a document so far: counted for its report, and told as it goes."""

from __future__ import annotations

from collections import Counter

from fathom.chunking.chunk import Chunk
from fathom.errors import ExtractionFailed
from fathom.extraction.model import Extraction, Usage
from fathom.graph.write.write_report import EpisodeFailure, EpisodeProgress, EpisodeProgressCallback


class WriteProgress:
    """What has been done of a document so far."""

    def __init__(self, total: int, progress: EpisodeProgressCallback) -> None:
        self.left_out: Counter[str] = Counter()  # facts that have no place in the graph, by the reason
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
        self._written = 0
        self._entities = 0
        self._facts = 0

    def sending(self, chunks: int) -> None:
        """So many more chunks are asked about."""
        self._tell("sending", min(self._total, self._extracted + len(self.failed) + chunks))

    def writing(self, episodes: int) -> None:
        """So many more are about to be written."""
        self._tell("writing", self._written + episodes)

    def extracted(self, chunk: Chunk, found: Extraction) -> None:
        """The chunk's extraction is there, also where it had failed before."""
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
        """Names were held against each other and joined, which used this."""
        self.seconds_writing += seconds
        self.tokens_in += use.tokens_in
        self.tokens_out += use.tokens_out
        self.cost_usd += use.cost_usd

    def wrote(self, episodes: int) -> None:
        """So many more are in the graph."""
        self._written += episodes
        self._tell("written", self._written)

    def fail(self, chunk: Chunk, error: ExtractionFailed) -> None:
        """This try at the chunk failed."""
        self.failed[chunk.id] = EpisodeFailure(
            chunk=chunk.id, position=chunk.position, reason=error.name, message=error.message
        )
        if error.retryable:
            self._again.append(chunk)

    def to_try_again(self) -> list[Chunk]:
        """The chunks that failed since this was asked last, and that another try may help."""
        again, self._again = self._again, []
        return again

    def _tell(self, phase: str, done: int) -> None:
        self._progress(EpisodeProgress(phase, done, self._total, self._entities, self._facts))
